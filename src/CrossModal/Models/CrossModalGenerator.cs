using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>
/// Both directions in one model (Hao et al. 2018, CMCGAN): an encoder and a decoder for images and for spectrograms, joined into the four
/// paths sound to image, image to sound, sound to sound and image to image. Each decoder is shared by the two paths that end in its
/// modality. Encoders and decoders meet in a code, to which Gaussian noise is added as further numbers. The decoders are those of
/// <see cref="Generator"/>. The classifying head behind the codes is no part of CMCGAN, and there only where asked for.
/// </summary>
internal sealed class CrossModalGenerator : Module
{
    /// <summary>The names of the parts, as they begin the names of their tensors.</summary>
    private const string SoundEncoderName = "sound_encoder", ImageEncoderName = "image_encoder";

    private const string ImageDecoderName = "image_decoder", SoundDecoderName = "sound_decoder", ClassesName = "code_classes";

    /// <param name="random">For the first weights.</param>
    /// <param name="settings">Sizes of the networks; spectrograms are squares of the images' size.</param>
    /// <param name="codeClasses">Classes that a head names from a code of either encoder; 0: no such head.</param>
    public CrossModalGenerator(RandomStream random, ModelSettings settings, int codeClasses = 0)
        : base(random.Device)
    {
        var (image, sound) = (Of(Direction.SoundToImage, settings), Of(Direction.ImageToSound, settings));
        SoundEncoder = Add(SoundEncoderName, new CrossModalEncoder(random, sound));
        ImageEncoder = Add(ImageEncoderName, new CrossModalEncoder(random, image));
        ImageDecoder = Add(ImageDecoderName, new Generator(random, image));
        SoundDecoder = Add(SoundDecoderName, new Generator(random, sound));
        if (codeClasses > 0)
            Classes = Add(ClassesName, new Linear(random, settings.CodeSize, codeClasses, initializer: Initializers.XavierNormal()));
    }

    /// <summary>Spectrograms [batch, size, size, 1] to codes [batch, code].</summary>
    public CrossModalEncoder SoundEncoder { get; }

    /// <summary>Images [batch, size, size, 3] to codes [batch, code].</summary>
    public CrossModalEncoder ImageEncoder { get; }

    /// <summary>Codes of either encoder and noise to images.</summary>
    public Generator ImageDecoder { get; }

    /// <summary>Codes of either encoder and noise to spectrograms.</summary>
    public Generator SoundDecoder { get; }

    /// <summary>Codes [batch, code] to class logits [batch, classes]; null without the head.</summary>
    public Linear? Classes { get; }

    /// <summary>The sizes of the networks that make what a direction ends in.</summary>
    internal static ModelSettings Of(Direction direction, ModelSettings settings) =>
        settings with { Channels = direction == Direction.SoundToImage ? ModelSettings.Colors : 1 };

    /// <summary>What the names of the tensors of a direction's decoder begin with.</summary>
    internal static string DecoderNameOf(Direction direction) => direction == Direction.SoundToImage ? ImageDecoderName : SoundDecoderName;

    /// <summary>The encoder that a direction begins with.</summary>
    public CrossModalEncoder EncoderOf(Direction direction) => direction == Direction.SoundToImage ? SoundEncoder : ImageEncoder;

    /// <summary>The decoder that a direction ends with.</summary>
    public Generator DecoderOf(Direction direction) => direction == Direction.SoundToImage ? ImageDecoder : SoundDecoder;
}
