Console.WriteLine("crossmodal");
