using System.Text;
using CrossModal.Cli;

// Windows consoles start in a code page of their own; everywhere else the terminal is UTF-8 already.
if (OperatingSystem.IsWindows())
    Console.OutputEncoding = Encoding.UTF8;
return CommandLine.Run(args, Console.Out, Console.Error);
