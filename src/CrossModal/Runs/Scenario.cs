namespace CrossModal.Runs;

/// <summary>What a wrong pair is.</summary>
internal enum Scenario
{
    /// <summary>A sample of any other instrument (Chen et al. 2017, instrument-oriented generation).</summary>
    Instrument,

    /// <summary>A sample of the same instrument in another pose or by another player (pose-oriented generation).</summary>
    Pose,
}
