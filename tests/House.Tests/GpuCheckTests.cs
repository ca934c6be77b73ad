using System.Text.Json;

namespace CrossModal.House.Tests;

/// <summary>
/// What <c>scripts/gpu-check run</c> does on a machine with a GPU, with stand-ins for the program and for PyTorch's script: both note when
/// they are asked for what.
/// </summary>
public sealed class GpuCheckTests : IDisposable
{
    private const string Program = """
        #!/usr/bin/env bash
        echo "$*" >>"$CALLS"
        json="" batch=0
        for ((i = 1; i <= $#; i++)); do
          next=$((i + 1))
          case ${!i} in --json) json=${!next} ;; --batch) batch=${!next} ;; esac
        done
        if [ -n "${FAIL_ON:-}" ] && grep -q -- "$FAIL_ON" <<<"$*"; then echo "error: told to fail"; exit 1; fi
        by='["convolutions: cuDNN 9 in tf32"]'
        [ -z "$json" ] || echo "{\"batch\": $batch, \"images_per_second\": 100, \"computed_by\": $by}" >"$json"
        """;

    private const string Peer = """
        import json, os, sys
        batches = sys.argv[sys.argv.index("--batches") + 1].split(",")
        note = lambda text: open(os.environ["CALLS"], "a").write(text + "\n")
        say = lambda record: print(json.dumps(record), flush=True)
        note("PyTorch prepares")
        say({"mode": "compile-tf32", "batch": 64, "error": "Late: not prepared in time"})
        say({"ready": [f"{mode} {batch}" for mode in ("graph-bf16", "compile-bf16") for batch in batches]})
        note("PyTorch is ready")
        for line in sys.stdin:
            mode, batch = line.split()
            if mode == os.environ.get("DIE_AT"):
                sys.exit(3)
            say({"mode": mode, "batch": int(batch), "images_per_second": 50})
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-gpu-check-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatMattersComesFirstAndPyTorchPreparesAlone()
    {
        var (_, output) = Run();
        var calls = File.ReadAllLines(Path.Combine(_folder, "calls"));
        string[] stages =
        [
            "devices", "bench step --device cuda --batch 4", "selftest --device cuda", "PyTorch prepares", "PyTorch is ready",
            "bench step --device cuda --batch 64", "bench step --device cuda --batch 256", "bench kernels --device cuda --precision bf16",
            "train s2i",
        ];
        var at = stages.Select(stage => Array.FindIndex(calls, call => call.StartsWith(stage, StringComparison.Ordinal))).ToArray();
        Assert.True(at[0] >= 0 && at.SequenceEqual(at.Order()) && at.Distinct().Count() == at.Length, string.Join('\n', calls));
        Assert.Equal(at[3] + 1, at[4]);
        foreach (var precision in (string[])["float32", "tf32", "bf16"])
        {
            foreach (var provider in (string[])["handwritten", "library"])
                Assert.Contains($"selftest --device cuda --precision {precision} --gemm {provider} --conv {provider}", calls);
        }

        var files = Directory.GetFiles(Path.Combine(_folder, "results")).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["kernels-bf16.json", "kernels-float32.json", "kernels-tf32.json", "logs.tar.gz", "machine.txt", "steps.json",
            "steps.jsonl", "summary.txt"], files);
        using var steps = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "results", "steps.json")));
        Assert.All(steps.RootElement.GetProperty("summary").EnumerateArray(), batch =>
        {
            Assert.Equal(2, batch.GetProperty("ratio_median").GetDouble());
            Assert.Equal(6, batch.GetProperty("modes").GetArrayLength());
        });
        Assert.Contains("convolutions: cuDNN 9 in tf32", output);
    }

    [Fact]
    public void WhatWasModelledStandsBesideWhatWasMeasured()
    {
        foreach (var (precision, batch) in (ReadOnlySpan<(string, int)>)[("bf16", 64), ("tf32", 256)])
        {
            File.WriteAllText(Path.Combine(_folder, $"modelled-{precision}-{batch}.json"),
                $$"""{"batch": {{batch}}, "precision": "{{precision}}", "profile": """
                + """{"card": "H200", "nodes": 235, "bytes": 2.5e9, "milliseconds": 320.0, "launches": []}}""");
        }

        var (_, output) = Run();
        const string modelled = "on H200: 320.00 ms, 235 nodes, 2500 MB moved at least; measured";
        Assert.Contains($"modelled bf16 {modelled} 640.00 ms (bf16-handwritten), 2.00 times", output);
        Assert.Contains($"modelled tf32 {modelled} 2560.00 ms (tf32), 8.00 times", output);
        using var steps = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "results", "steps.json")));
        var batches = steps.RootElement.GetProperty("summary").EnumerateArray();
        Assert.Equal(["bf16", "tf32"], batches.Select(one => Assert.Single(one.GetProperty("modelled").EnumerateArray())
            .GetProperty("precision").GetString()));
    }

    [Fact]
    public void WhatWasMeasuredIsKeptWhenALaterStageFails()
    {
        var (code, output) = Run(("FAIL_ON", "precision tf32"), ("DIE_AT", "compile-bf16"));
        Assert.Equal(1, code);
        Assert.Contains("selftest-tf32-handwritten          FAILED", output);
        Assert.Contains("torch-compile-bf16-64              FAILED", output);
        using var steps = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "results", "steps.json")));
        var modes = steps.RootElement.GetProperty("summary").EnumerateArray().Select(batch =>
            string.Join(' ', batch.GetProperty("modes").EnumerateArray().Select(mode => mode.GetProperty("mode").GetString()).Order()));
        Assert.Equal(["bf16 bf16-handwritten float32 graph-bf16", "bf16 bf16-handwritten float32"], modes);
        Assert.True(File.Exists(Path.Combine(_folder, "results", "kernels-float32.json")));
        Assert.False(File.Exists(Path.Combine(_folder, "results", "kernels-tf32.json")));
    }

    private (int Code, string Output) Run(params (string Name, string Value)[] environment)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "scripts/gpu-check is for Linux");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder =>
            File.Exists(Path.Combine(folder, "python3"))), "there is no python3");
        File.Copy(Path.Combine(Repository.Root, "scripts", "gpu-check"), Path.Combine(_folder, "gpu-check"));
        File.WriteAllText(Path.Combine(_folder, "crossmodal"), Program);
        File.WriteAllText(Path.Combine(_folder, "peer.py"), Peer);
        return Repository.Run("bash", [Path.Combine(_folder, "gpu-check"), "run", Path.Combine(_folder, "results")], _folder,
        [
            .. environment, ("CALLS", Path.Combine(_folder, "calls")), ("GPU_CHECK_PEER", Path.Combine(_folder, "peer.py")),
            ("GPU_CHECK_ROUNDS", "2"),
        ]);
    }
}
