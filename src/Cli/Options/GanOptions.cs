using System.CommandLine;
using CrossModal.Adversarial;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Cli;

/// <summary>The options of adversarial training: scenario, variant, and what each by itself makes a GAN steadier or better.</summary>
/// <param name="kind">What is trained; CMCGAN has terms of its own and lacks some of the rest.</param>
internal sealed class GanOptions(RunKind kind)
{
    private readonly Option<string> _scenario = Options.Choice(
        "--scenario",
            "What a wrong pair is. instrument: a sample of any other instrument; pose: one of the same instrument in another pose or by "
            + "another player.", "instrument", ["instrument", "pose"]);

    private readonly Option<string> _variant = Options.Choice(
        "--variant",
            "The paper's variants. c: the code of a sound classifier; n: the same without wrong pairs; a: the code of a sound autoencoder, "
            + "which never saw a label.", "c", ["c", "n", "a"]);

    private readonly Option<string> _loss = Options.Choice("--loss", "The game: the paper's cross-entropy, or hinge.", "by preset",
        ["cross-entropy", "hinge"]);

    private readonly Option<double?> _ema =
        Options.Number("--ema", "Decay of the moving average of the generator's weights that samples are made with; 0: none.", 0, 0.999999);

    private readonly Option<string> _spectralNorm = Options.Choice("--spectral-norm",
        "Normalizes the discriminator's weights in place of its activations.", "by preset", ["on", "off"]);

    private readonly Option<double?> _discriminatorRate =
        Options.Number("--discriminator-rate", "The discriminator's learning rate in multiples of the generator's.", 0.01, 100);

    private readonly Option<double?> _r1 =
        Options.Number("--r1", "Strength of the penalty on the discriminator's slope at real samples, every 16 steps; 0: none.", 0, 1000);

    private readonly Option<double?> _realTarget =
        Options.Number("--real-target", "What cross-entropy asks of real pairs; 0.9 is one-sided label smoothing.", 0.5, 1);

    private readonly Option<string> _augment = Options.Choice("--augment",
        "Whether the discriminator sees all samples changed at random (DiffAugment).", "by preset", ["on", "off"]);

    private readonly Option<double?> _auxiliary =
        Options.Number("--auxiliary", "Weight of a head of the discriminator that names the instrument; 0: none.", 0, 100);

    private readonly Option<double?> _codeHead =
        Options.Number("--code-head",
        "Weight of a head of the discriminator that tells from the sample what the condition's code says beside its instrument; 0: none. "
        + "The pose scenario has one.", 0, 1000);

    private readonly Option<double?> _modeSeeking =
        Options.Number("--mode-seeking", "Weight of the term that makes the generator listen to the noise; 0: none.", 0, 100);

    private readonly Option<double?> _reconstruction = Options.Number(
        "--reconstruction", "Weight of L1 on the paths image to image and sound to sound; 0: none.", 0, 1000);

    private readonly Option<double?> _cycle = Options.Number(
        "--cycle", "Weight of L1 on the ways sound to image to sound and image to sound to image; 0: none, and a shorter step.", 0, 1000);

    private readonly Option<double?> _codeClasses =
        Options.Number("--code-classes", "Weight of a head that names the instrument from the codes, no part of CMCGAN; 0: none.", 0, 100);

    public void AddTo(Command command)
    {
        command.Options.Add(_scenario);
        if (kind == RunKind.SoundToImage)
            command.Options.Add(_variant);
        Option[] options = kind == RunKind.Cmcgan
            ? [_loss, _ema, _spectralNorm, _discriminatorRate, _realTarget, _modeSeeking, _reconstruction, _cycle, _codeClasses]
            : [_loss, _ema, _spectralNorm, _discriminatorRate, _r1, _realTarget, _augment, _auxiliary, _codeHead, _modeSeeking];
        foreach (var option in options)
            command.Options.Add(option);
    }

    public RunOptions Read(ParseResult parsed, RunOptions options) => options with
    {
        Scenario = Options.Given(parsed, _scenario) switch { null => null, "pose" => Scenario.Pose, _ => Scenario.Instrument },
        Variant = (kind == RunKind.SoundToImage ? Options.Given(parsed, _variant) : null) switch
        {
            null => null,
            "n" =>
            Variant.N,
            "a" => Variant.A,
            _ => Variant.C
        },
        Gan = new GanChoices
        {
            Loss = Options.Given(parsed, _loss) switch
            {
                null => null,
                "hinge" => AdversarialLoss.Hinge,
                _ =>
                AdversarialLoss.CrossEntropy
            },
            Ema = parsed.GetValue(_ema),
            SpectralNorm = Switch(parsed, _spectralNorm),
            DiscriminatorRateRatio = parsed.GetValue(_discriminatorRate),
            R1 = parsed.GetValue(_r1),
            RealTarget = parsed.GetValue(_realTarget),
            Augment = Switch(parsed, _augment),
            Auxiliary = parsed.GetValue(_auxiliary),
            CodeHead = parsed.GetValue(_codeHead),
            ModeSeeking = parsed.GetValue(_modeSeeking),
        },
        Cmcgan = new CmcganChoices
        {
            Reconstruction = parsed.GetValue(_reconstruction),
            Cycle = parsed.GetValue(_cycle),
            CodeClasses = parsed.GetValue(_codeClasses)
        },
    };

    private static bool? Switch(ParseResult parsed, Option<string> option) =>
        Options.Given(parsed, option) is { } word ? word == "on" : null;
}
