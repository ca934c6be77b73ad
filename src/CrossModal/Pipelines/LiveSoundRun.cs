using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>A sound that was made of a picture, and what the run's networks say of it.</summary>
/// <param name="Seen">What the encoder sees in the picture; null where it was trained without names.</param>
/// <param name="Spectrogram">Frames × mels, values in [−1, 1].</param>
/// <param name="Samples">Half a second at 44.1 kHz.</param>
/// <param name="Score">The probability, by the discriminator, that the spectrogram is real and belongs to the picture; null for a run whose
/// discriminators take other pairs.</param>
/// <param name="Heard">What the judge of sounds names it.</param>
internal sealed record MadeSound(Recognition? Seen, float[] Spectrogram, float[] Samples, float? Score, Recognition Heard);

/// <summary>
/// The networks of a run that makes sounds of pictures, the other direction of <see cref="LiveRun"/>. Not for several threads at once.
/// </summary>
internal sealed class LiveSoundRun : IDisposable
{
    private readonly Device _device;
    private readonly RunSettings _run;
    private readonly GenerationNetworks _networks;
    private readonly Discriminator? _discriminator;
    private readonly Classifier _judge;

    /// <param name="device">Must live longer.</param>
    /// <param name="saved">A run that makes sounds of pictures.</param>
    /// <exception cref="BadInputException">It makes none, or a checkpoint is missing or damaged.</exception>
    public LiveSoundRun(Device device, SavedRun saved)
    {
        const Direction direction = Direction.ImageToSound;
        saved.Require(RunKind.All.Where(kind => kind.Directions.Contains(direction)));
        (_device, _run) = (device, saved.Run);
        _networks = new GenerationNetworks(device, saved, direction);
        _discriminator = saved.LoadDiscriminator(device);
        _judge = saved.LoadJudge(device, direction);
    }

    public LogMelLayout Layout => _run.Model.Spectrogram;

    /// <summary>Makes the sound of a picture.</summary>
    /// <param name="picture">Of any size; its middle square is seen.</param>
    /// <param name="noise">As many numbers as the run's noise has.</param>
    /// <param name="seed">What the first phases of the sound are drawn from.</param>
    /// <exception cref="BadInputException">The noise has another length, or a number that is not finite.</exception>
    public MadeSound Make(RgbImage picture, float[] noise, ulong seed)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var seen = _networks.Picture(picture);
        var code = _networks.Encode(seen);
        var made = _networks.Make(code, GivenNoise.On(_device, _run.Model, noise));
        return new MadeSound(_networks.Name(seen, _run.Classes), made.ToArray(), _networks.Invert(made, seed)[0],
            _discriminator?.Forward(made, code).Sigmoid().ToArray()[0],
            Naming.Of(_judge.Examine(made).Logits, _run.Classes, "the judge of sounds"));
    }

    public void Dispose()
    {
        _networks.Dispose();
        _discriminator?.Dispose();
        _judge.Dispose();
    }
}
