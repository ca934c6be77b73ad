using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>The pictures of a sound at equal steps of time, drawn in batches as they are asked for.</summary>
internal sealed class SoundFrames
{
    /// <summary>Pictures of one batch: enough to fill the cores, few enough to stop soon.</summary>
    private const int Batch = 16;

    private readonly GenerationNetworks _networks;
    private readonly float[] _heard;
    private readonly int _perSecond;
    private readonly ulong _seed;

    /// <exception cref="BadInputException">The sound is silent, or no recording of an instrument.</exception>
    public SoundFrames(GenerationNetworks networks, AudioClip sound, int perSecond, ulong seed)
    {
        (_networks, _perSecond, _seed) = (networks, perSecond, seed);
        _heard = SoundWindow.Heard(sound);
        if (SoundCheck.Of(sound).Silence is { } silence)
            throw new BadInputException($"{sound.Name}: is silent ({silence}); give a recording in which something sounds");
        Count = Math.Max(1, (int)Math.Round((double)_heard.Length * perSecond / SoundWindow.Rate));
    }

    public int Count { get; }

    /// <summary>
    /// Each shows the sound that begins in the middle of its time, as a picture that is trained on is of the moment at which its sound
    /// begins: of a sound around it the player would be seen late. A silent window holds the picture before; those before the first that
    /// sounds hold that one.
    /// </summary>
    public IEnumerable<RgbImage> Pictures()
    {
        RgbImage? shown = null;
        var waiting = 0;
        for (var first = 0; first < Count; first += Batch)
        {
            var (sounds, drawn) = Draw(first, Math.Min(Batch, Count - first));
            var next = 0;
            foreach (var sounding in sounds)
            {
                shown = sounding ? drawn[next++] : shown;
                for (waiting++; shown is not null && waiting > 0; waiting--)
                    yield return shown;
            }
        }

        // At one picture a second, a single click may lie between two windows.
        if (shown is null)
            throw new BadInputException("too little sounds to be drawn; ask for more pictures a second");
    }

    private (bool[] Sounds, RgbImage[] Drawn) Draw(int first, int count)
    {
        var (windows, sounds, sounding) = (new float[count * SoundWindow.Length], new bool[count], 0);
        for (var i = 0; i < count; i++)
        {
            var window = windows.AsSpan(sounding * SoundWindow.Length, SoundWindow.Length);
            sounds[i] = SoundWindow.CopyAt(_heard, (first + i + 0.5) / _perSecond, window);
            sounding += sounds[i] ? 1 : 0;
        }

        if (sounding == 0)
            return (sounds, []);
        using var scope = new Scope();
        return (sounds, SamplePicture.OfBatch(_networks.Follow(windows[..(sounding * SoundWindow.Length)], _seed)));
    }
}
