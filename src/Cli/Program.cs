using System.Text;
using CrossModal.Cli;

// Windows consoles start in a code page of their own; everywhere else the terminal is UTF-8 already.
if (OperatingSystem.IsWindows())
    Console.OutputEncoding = Encoding.UTF8;
return StandardStreams.Run((output, error) => CommandLine.Run(args, output, error));
