using CrossModal.Audio;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Interchange;

/// <summary>A file of ONNX before it is written.</summary>
/// <param name="Description">A sentence for whoever looks at it.</param>
internal sealed record OnnxFile(OnnxGraph Graph, string Description);

/// <summary>The files of one direction of a run: each network by itself, and the whole way in one.</summary>
/// <param name="basis">For the layout of the networks' sounds.</param>
internal sealed class OnnxFiles(RunNetworks networks, FourierBasis basis)
{
    /// <summary>What the first phases of a sound are drawn from: the seed of a run where none is chosen.</summary>
    public const ulong PhaseSeed = 2017;

    private const string Image = "red, green, blue; -1 is black and 1 white";
    private const string Spectrogram = "frames by mels; -1 is 80 dB below full scale or less, 1 is full scale";
    private const string Sound = "half a second at 44.1 kHz; full scale is 1";
    private const string Code = "what the encoder makes of the condition", Noise = "normal numbers of mean 0 and variance 1";

    private static readonly Shape Window = new(LogMelSpectrogram.Samples);

    private readonly (string Sample, string Condition) _words = networks.Words;
    private readonly Shape _code = new(networks.Model.CodeSize), _noise = new(networks.Model.NoiseSize);
    private readonly Shape _classes = new(networks.ClassCount);

    /// <summary>All of them.</summary>
    public IEnumerable<OnnxFile> All()
    {
        yield return Generator();
        yield return Encoder();
        yield return Judge();
        if (networks.Discriminator is { } discriminator)
            yield return Of(discriminator);
        yield return networks.Direction == Direction.SoundToImage ? SoundToImage() : ImageToSound();
    }

    private OnnxFile Generator()
    {
        var graph = new OnnxGraph($"{networks.Prefix}generator");
        var made = graph.Generator(networks.Generator, graph.Input("code", Code, _code), graph.Input("noise", Noise, _noise));
        graph.Output(made, _words.Sample, Meaning(_words.Sample), networks.Sample);
        return new(graph, $"A code and noise to {With(_words.Sample)}.");
    }

    private OnnxFile Encoder()
    {
        var graph = new OnnxGraph($"{networks.Prefix}encoder");
        var condition = graph.Input(_words.Condition, Meaning(_words.Condition), networks.Condition);
        var (code, classes) = graph.Encoder(networks.Encoder.Network, networks.Direction, condition);
        graph.Output(code, "code", "what the generator is given", _code);
        if (classes is not null)
            graph.Output(classes, "classes", "logits of the classes, in the order of the metadata", _classes);
        return new(graph, $"{With(_words.Condition)} to the code that the generator is given, and to classes where it names any.");
    }

    private OnnxFile Judge()
    {
        var graph = new OnnxGraph($"{networks.Prefix}judge");
        var (classes, features) = graph.Judge(networks.Judge, graph.Input(_words.Sample, Meaning(_words.Sample), networks.Sample));
        graph.Output(classes, "classes", "logits of the classes, in the order of the metadata", _classes);
        graph.Output(features, "features", "what distances between sets of samples are measured on", new Shape(128));
        return new(graph, $"{With(_words.Sample)} to the class that it shows, by a classifier that was trained on real ones.");
    }

    private OnnxFile Of(Discriminator network)
    {
        var graph = new OnnxGraph($"{networks.Prefix}discriminator");
        var (score, classes, codes) = graph.Discriminator(network,
            graph.Input(_words.Sample, Meaning(_words.Sample), networks.Sample), graph.Input("code", Code, _code));
        graph.Output(score, "score", "logit: positive is real, and of this code", []);
        if (classes is not null)
            graph.Output(classes, "classes", "logits of the classes, without a look at the code", _classes);
        if (codes is not null)
            graph.Output(codes, "codes", "what the code says beside its class, read off the sample", _code);
        return new(graph, $"{With(_words.Sample)} and a code to whether the first is real and of the second.");
    }

    private OnnxFile SoundToImage()
    {
        var graph = new OnnxGraph(RunNetworks.NameOf(networks.Direction));
        var (sound, noise) = (graph.Input("sound", Sound, Window), graph.Input("noise", Noise, _noise));
        var spectrogram = new OnnxAudio(graph, basis, networks.Layout).LogMel(sound);
        var (code, _) = graph.Encoder(networks.Encoder.Network, networks.Direction, spectrogram);
        graph.Output(graph.Generator(networks.Generator, code, noise), "image", Image, networks.Sample);
        return new(graph, "Half a second of sound and noise to the picture of who plays.");
    }

    private OnnxFile ImageToSound()
    {
        var graph = new OnnxGraph(RunNetworks.NameOf(networks.Direction));
        var (image, noise) = (graph.Input("image", Image, networks.Condition), graph.Input("noise", Noise, _noise));
        var (code, _) = graph.Encoder(networks.Encoder.Network, networks.Direction, image);
        var spectrogram = graph.Generator(networks.Generator, code, noise);
        var sound = new OnnxAudio(graph, basis, networks.Layout).Invert(spectrogram, PhaseSeed, GenerationNetworks.Loudest);
        graph.Output(spectrogram, "spectrogram", Spectrogram, networks.Sample);
        graph.Output(sound, "sound", Sound, Window);
        return new(graph, "A picture and noise to half a second of sound.");
    }

    private static string Meaning(string word) => word == "image" ? Image : Spectrogram;

    private static string With(string word) => word == "image" ? "an image" : $"a {word}";
}
