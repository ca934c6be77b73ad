using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Cli;

/// <summary>The commands <c>export onnx</c>, <c>export safetensors</c> and <c>export card</c> on the tiny runs.</summary>
public sealed class ExportTests(TinyRun tiny) : RunTests(tiny)
{
    [Theory]
    [InlineData("onnx", "generator.onnx", "encoder.onnx", "judge.onnx", "discriminator.onnx", "sound-to-image.onnx")]
    [InlineData("safetensors",
        "generator.safetensors", "encoder.safetensors", "judge.safetensors", "discriminator.safetensors", "load.py")]
    public void AFolderIsWrittenAndItsFilesAreNamed(string kind, params string[] files)
    {
        var folder = NewFolder().Path;
        var done = Export(kind, Tiny.Whole.Path, folder);
        Assert.Equal((0, ""), (done.ExitCode, done.Error));
        Assert.Equal(files.Order(), Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order());
        Assert.All(files, file => Assert.Contains($"{Path.Combine(folder, file)}: ", done.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void ACardIsWritten()
    {
        var file = $"{NewFolder().Path}.md";
        Assert.Equal(0, Export("card", Tiny.Reverse.Path, file).ExitCode);
        Assert.Contains("image-to-sound", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("onnx", "")]
    [InlineData("safetensors", "")]
    [InlineData("card", ".md")]
    public void WhatIsWrongIsSaidInOneLineAndNothingIsWritten(string kind, string ending)
    {
        var target = NewFolder().Path + ending;
        Assert.Contains("run.json: not found", Export(kind, Path.Combine(Tiny.Root, "nowhere"), target).Failure());
        var cut = CopyOfWhole();
        File.Delete(cut.Last);
        Assert.Contains(cut.Path, Export(kind, cut.Path, target).Failure());
        Assert.False(Path.Exists(target));
        File.WriteAllText(target, "mine");
        Assert.StartsWith($"error: --out {target}: is there already", Export(kind, Tiny.Whole.Path, target).Failure());
        Assert.Equal("mine", File.ReadAllText(target));
    }

    private static Invocation Export(string kind, string run, string target) =>
        Invocation.InProcess("export", kind, "--run", run, "--out", target);
}
