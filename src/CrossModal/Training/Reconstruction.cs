namespace CrossModal.Training;

/// <summary>How well spectrograms are drawn again from their codes.</summary>
/// <param name="ErrorDecibels">Root of the mean squared difference of levels, in decibels.</param>
/// <param name="ExplainedVariance">
/// 1 − Σ (x − x̂)² / Σ (x − mean)², the mean being that of each cell of the spectrogram over all sounds: 0 for who always draws the mean, 1
/// for a perfect copy.
/// </param>
/// <param name="Count">Sounds that were measured.</param>
internal sealed record Reconstruction(double ErrorDecibels, double ExplainedVariance, int Count) : IStageResult
{
    IReadOnlyList<(string Name, double Value)> IStageResult.Figures =>
        [("validation_error_decibels", ErrorDecibels), ("validation_explained_variance", ExplainedVariance)];

    string IStageResult.Summary => $"validation {ErrorDecibels:0.0} dB";
}
