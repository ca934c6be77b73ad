using System.CommandLine;
using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Studio;

namespace CrossModal.Cli;

/// <summary><c>studio</c>: the page in the browser.</summary>
internal static class StudioCommand
{
    private const int StandardPort = 5017;

    /// <summary>Where the weights lie that come with the program.</summary>
    private static readonly string Models = Path.Combine(AppContext.BaseDirectory, "models");

    public static Command Build(Terminal terminal)
    {
        var run = Options.Path("--run", "DIR", "The folder of a run to begin with.");
        var runs = Options.Path("--runs", "DIR", "The folder whose runs are shown beside those of the program; without it, runs.");
        var port = Options.Whole("--port", "The port of this machine to listen on; 0 for any that is free.", 0, 65535, StandardPort);
        var noOpen = new Option<bool>("--no-open") { Description = "Only print the address; do not open a browser." };
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "studio",
            "Opens a page in the browser: play a sound and see its player while it sounds, look inside the networks, make a training "
                + "step op by op, step a CUDA kernel, train, watch and compare runs. Small ones come with it. Only this machine "
                + "can reach it.",
            new Example("studio", "Shows the runs in the folder runs, and those that come with the program."),
            new Example("studio --run runs/paper --no-open", "Begins with one run, and prints the address only."))
        {
            run, runs, port, noOpen,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using var interruption = Interruption.Watch(terminal, "closing the studio…");
            var settings = device.Read(parsed, terminal);
            Check(parsed.GetValue(runs), parsed.GetValue(run));
            var options = new StudioOptions(parsed.GetValue(runs) ?? "runs", parsed.GetValue(run), parsed.GetValue(port)!.Value)
            {
                Ships = Models,
            };
            Serve(terminal, options, settings, open: !parsed.GetValue(noOpen), interruption.Token)
                .GetAwaiter().GetResult();
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>Says at once what the page could only show as empty.</summary>
    private static void Check(string? runs, string? run)
    {
        if (File.Exists(runs))
            throw new SettingException("runs", $"{runs}: is a file; give the folder that run folders are in");
        if (run is not null)
            RunSettings.Read(new RunFolder(run).Settings);
    }

    private static async Task Serve(Terminal terminal, StudioOptions options, DeviceSettings device, bool open, CancellationToken cancel)
    {
        await using var server = await StudioServer.Start(options, device);
        terminal.Output.WriteLine($"The studio is at {server.Address}");
        terminal.Output.WriteLine("Ctrl-C closes it.");
        if (open && !await TryOpen(server.Address))
            terminal.Output.WriteLine("No browser was found; open the address in one yourself.");
        await StudioServer.Run(cancel);
    }

    /// <summary>
    /// Opens an address in the user's browser with the program that each system has for it. That program ends soon, and badly where it
    /// found no browser; one that goes on is the browser itself.
    /// </summary>
    private static async Task<bool> TryOpen(string address)
    {
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(address) { UseShellExecute = true }
            : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [address])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
        try
        {
            using var process = Process.Start(start);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            if (process is not null && !OperatingSystem.IsWindows())
                await process.WaitForExitAsync(patience.Token);
            return process is null or { HasExited: false } or { ExitCode: 0 };
        }
        catch (OperationCanceledException)
        {
            return true;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or FileNotFoundException)
        {
            return false;
        }
    }
}
