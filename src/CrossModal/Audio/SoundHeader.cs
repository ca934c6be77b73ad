namespace CrossModal.Audio;

/// <summary>What a file says of the sound in it.</summary>
/// <param name="Frames">Samples of a channel.</param>
internal sealed record SoundHeader(int Channels, int SampleRate, long Frames)
{
    /// <summary>How many frames there are once the sound is resampled to <paramref name="rate"/>.</summary>
    public long FramesAt(int rate) => (long)Math.Round((decimal)Frames * rate / SampleRate, MidpointRounding.AwayFromZero);
}
