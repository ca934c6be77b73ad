using CrossModal.Evaluation;
using CrossModal.Interchange;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Tests.Interchange;

/// <summary>The card of a run.</summary>
public sealed class ModelCardTests
{
    private static readonly SavedRun Saved = SavedRun.Open(Path.Combine(AppContext.BaseDirectory, "models", "pose-s2i"), RunKind.All);

    [Fact]
    public void TheHeaderIsTheHubsAndItsFigureTheRuns()
    {
        var report = EvaluationReport.Read(Saved.Folder.Evaluation);
        var lines = ModelCard.TextOf(Saved, report).Split('\n');
        var end = Array.IndexOf(lines, "---", 1);
        Assert.Equal("---", lines[0]);
        Assert.Equal(
        [
            "license: mit",
            "library_name: crossmodal",
            "tags: [gan, cross-modal, sound-to-image, audio, onnx]",
            "model-index:",
            "- name: \"pose-s2i\"",
            "  results:",
            "  - task: {type: sound-to-image}",
            "    dataset: {type: \"synthetic\", name: \"synthetic\", split: validation}",
            "    metrics:",
            "    - type: accuracy",
            "      name: generated images that the judge names right",
            $"      value: {report.Validation.Accuracy:R}",
        ], lines[1..end]);
        Assert.Contains("# pose-s2i", lines);
        Assert.Contains("| named as their condition's class | 97.7% \\[95.8%, 99.2%] |", lines);
        Assert.Contains(lines, line => line.StartsWith("| pose, hand: ", StringComparison.Ordinal));
    }

    /// <summary>Of one's own data neither the license is known nor is it anybody's business where they lie.</summary>
    [Fact]
    public void OwnDataAreNamedWithoutTheirPlaceAndHaveNoLicense()
    {
        var own = Saved with { Run = Saved.Run with { Data = "/home/me/secret/my_songs", Classes = ["a|b", "<c>"] } };
        var text = ModelCard.TextOf(own, EvaluationReport.Read(Saved.Folder.Evaluation));
        Assert.Contains("license: unknown\n", text, StringComparison.Ordinal);
        Assert.Contains("| data | my\\_songs |", text, StringComparison.Ordinal);
        Assert.Contains("| classes | a\\|b, \\<c> |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunThatWasNotMeasuredHasACardWithoutFigures()
    {
        var text = ModelCard.TextOf(Saved, null);
        Assert.Contains("It was not measured.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("model-index", text, StringComparison.Ordinal);
    }
}
