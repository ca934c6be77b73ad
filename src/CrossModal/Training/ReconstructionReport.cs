using System.Text.Json;
using CrossModal.Kernels;

namespace CrossModal.Training;

/// <summary>How well spectrograms are drawn again from their codes.</summary>
/// <param name="ErrorDecibels">Root of the mean squared difference of levels, in decibels.</param>
/// <param name="ExplainedVariance">
/// 1 − Σ (x − x̂)² / Σ (x − mean)², the mean being that of each cell of the spectrogram over all sounds: 0 for who always draws the mean, 1
/// for a perfect copy.
/// </param>
/// <param name="Count">Sounds that were measured.</param>
internal sealed record Reconstruction(double ErrorDecibels, double ExplainedVariance, int Count);

/// <summary>What <c>evaluation.json</c> holds for a sound autoencoder alone.</summary>
internal sealed record ReconstructionReport(Reconstruction Validation)
{
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, ReportJson.Default.ReconstructionReport));
}
