using System.Text;
using CrossModal.Cli;
using CrossModal.Kernels.Communication;

// Windows consoles start in a code page of their own; everywhere else the terminal is UTF-8 already.
if (OperatingSystem.IsWindows())
    Console.OutputEncoding = Encoding.UTF8;

// mpirun gives each rank a pseudo terminal, and its lines end up in files: without escape sequences.
if (ParallelLaunch.Read(Environment.GetEnvironmentVariable) is not null)
    Environment.SetEnvironmentVariable("TERM", "dumb");
return StandardStreams.Run((output, error) => CommandLine.Run(args, output, error));
