using System.CommandLine;
using System.Globalization;
using CrossModal.Tensors;
using CrossModal.Tensors.Verification;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>selftest</c>: does a device compute what it should?</summary>
internal static class SelftestCommand
{
    public static Command Build(Terminal terminal)
    {
        var device = Options.Device("The device to try.");
        var threads = Options.Threads();
        var command = new DocumentedCommand(
            "selftest",
            "Computes every op and its gradients on a device and compares them with the device reference; exit code 1 if anything differs by more than its tolerance.",
            new Example("selftest", "Tries the fastest device of this machine."),
            new Example("selftest --device cpu --threads 1", "Tries the processor on one thread, to tell a wrong kernel from threads that disturb each other."))
        {
            device, threads,
        };
        command.SetAction(parsed => Run(terminal, parsed.GetValue(device)!, parsed.GetValue(threads)!.Value));
        return command;
    }

    private static int Run(Terminal terminal, string name, int threads)
    {
        var results = new List<OpCaseResult>();
        using var device = Device.Open(name, threads);
        using (var stage = terminal.Reporter.Stage($"selftest of {device.Name}", OpCases.All.Count, "cases"))
        {
            Selftest.Run(device, result =>
            {
                results.Add(result);
                stage.Report(results.Count, results.Count < OpCases.All.Count ? result.Name : "");
            });
        }

        return Show(terminal, device.Name, results);
    }

    /// <summary>A row for each family of ops, in the order in which they ran, then every failure in full.</summary>
    /// <returns>The exit code.</returns>
    internal static int Show(Terminal terminal, string device, IReadOnlyList<OpCaseResult> results)
    {
        var table = Tables.Plain("Family", "Cases>", "Passed>", "Worst share of tolerance>", "Time>");
        foreach (var family in results.GroupBy(result => result.Family))
            AddRow(table, family.Key, [.. family]);
        AddRow(table, "all", results);
        terminal.Console.Write(table);

        var failures = results.Where(result => !result.Passed).ToList();
        foreach (var failure in failures)
            terminal.Say($"FAILED {failure.Failure}");
        terminal.Say(failures.Count == 0
            ? $"{device} computes all {results.Count} cases as reference does"
            : $"{failures.Count} of {results.Count} cases failed on {device}");
        return failures.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void AddRow(Table table, string family, IReadOnlyCollection<OpCaseResult> results)
    {
        var worst = results.Max(result => result.ShareOfTolerance);
        table.AddRow(
            Markup.Escape(family),
            $"{results.Count}",
            $"{results.Count(result => result.Passed)}",
            double.IsFinite(worst) ? worst.ToString("0.0 %", CultureInfo.InvariantCulture) : "not finite",
            $"{results.Sum(result => result.Milliseconds):0} ms");
    }
}
