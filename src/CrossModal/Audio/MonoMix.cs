using System.Buffers;

namespace CrossModal.Audio;

/// <summary>Frames of several channels as they are decoded, made into one channel: their mean.</summary>
internal sealed class MonoMix(int channels)
{
    private readonly ArrayBufferWriter<float> _samples = new();
    private float _channelPeak, _peak;

    public int Frames => _samples.WrittenCount;

    /// <summary>Adds whole frames.</summary>
    public void Add(ReadOnlySpan<float> interleaved)
    {
        var into = _samples.GetSpan(interleaved.Length / channels);
        for (var frame = 0; frame < interleaved.Length / channels; frame++)
        {
            var sum = 0f;
            foreach (var amplitude in interleaved.Slice(frame * channels, channels))
            {
                _channelPeak = Math.Max(_channelPeak, Math.Abs(amplitude));
                sum += amplitude;
            }

            into[frame] = sum / channels;
            _peak = Math.Max(_peak, Math.Abs(into[frame]));
        }

        _samples.Advance(interleaved.Length / channels);
    }

    /// <summary>The sound, within full scale.</summary>
    /// <param name="first">The first frame that belongs to it.</param>
    /// <param name="frames">How many do.</param>
    /// <exception cref="Kernels.BadInputException">A sample is not finite, or far beyond full scale.</exception>
    public AudioClip ToClip(int sampleRate, string path, int first, int frames)
    {
        var samples = _samples.WrittenSpan.Slice(first, frames).ToArray();
        return new AudioClip(samples, sampleRate)
        {
            Name = path,
            Peak = FullScale.Limit(samples, path),
            ChannelsCancel = _peak < SoundCheck.SilentAmplitude && _channelPeak >= SoundCheck.SilentAmplitude,
        };
    }
}
