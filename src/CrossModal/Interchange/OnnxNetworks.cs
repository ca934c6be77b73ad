using CrossModal.Layers;
using CrossModal.Models;
using static CrossModal.Interchange.OnnxAttribute;

namespace CrossModal.Interchange;

/// <summary>
/// The networks of the paper as nodes of a graph, each as its <c>Forward</c> has it outside of training: dropout does nothing, batch
/// normalization uses its running statistics. Samples are [batch, channels, height, width].
/// </summary>
internal static class OnnxNetworks
{
    /// <summary>Adds a generator: codes [batch, code] and noise [batch, noise] to samples.</summary>
    public static string Generator(this OnnxGraph graph, Generator network, string code, string noise)
    {
        var layers = new OnnxLayers(graph, network, "generator");
        var x = layers.Apply("project", graph.Add("Concat", [code, noise], Int("axis", 1)));
        for (var stage = 1; layers.Has($"deconv{stage}"); stage++)
            x = layers.Apply($"deconv{stage}", layers.Apply($"norm{stage}", x));
        if (layers.Has("image"))
            x = layers.Apply("image", layers.Apply($"norm{((Generator)layers.Module).Stages + 1}", x));
        return graph.Add("Tanh", [x]);
    }

    /// <summary>
    /// Adds a discriminator: samples and codes to logits [batch], and what its other heads say where there are such: class logits [batch,
    /// classes], and codes [batch, code].
    /// </summary>
    public static (string Score, string? Classes, string? Codes) Discriminator(this OnnxGraph graph, Discriminator network, string samples,
        string code)
    {
        var layers = new OnnxLayers(graph, network, "discriminator");
        var x = samples;
        for (var stage = 1; layers.Has($"conv{stage}"); stage++)
            x = Normalized($"conv{stage}", $"norm{stage}", x);

        // The code at each of the 4×4 places; a batch is not told, and stays what it is.
        var column = graph.Add("Unsqueeze", [code, graph.Constant("places_axes", [2], 2, 3)]);
        var repeated = graph.Add("Expand", [column, graph.Constant("places", [4], 1, 1, 4, 4)]);
        var joint = Normalized("mix", "mix_norm", graph.Add("Concat", [x, repeated], Int("axis", 1)));
        var score = graph.Add("Reshape", [layers.Apply("score", joint), graph.Constant("a_number_each", [1], -1)]);
        var mean = layers.Has("classes") ? graph.Add("Flatten", [graph.Add("GlobalAveragePool", [x])], Int("axis", 1)) : null;
        return (score, mean is null ? null : layers.Apply("classes", mean), layers.Has("codes") ? layers.Apply("codes", x) : null);

        string Normalized(string convolution, string norm, string input) =>
            layers.Apply(convolution, input) is var y && layers.Has(norm) ? layers.Apply(norm, y) : y;
    }

    /// <summary>Adds a judge: samples to class logits [batch, classes] and features [batch, 128].</summary>
    public static (string Logits, string Features) Judge(this OnnxGraph graph, Classifier network, string samples)
    {
        var layers = new OnnxLayers(graph, network, "judge");
        var features = Features(graph, layers, samples);
        return (layers.Apply("classes", features), features);
    }

    /// <summary>
    /// Adds the encoder that a GAN is conditioned on: examples to codes [batch, code], and class logits [batch, classes] where it names
    /// anything.
    /// </summary>
    /// <param name="network">As a run has it, with whatever was trained beside it.</param>
    /// <param name="direction">Which encoder of a network that has two.</param>
    public static (string Code, string? Classes) Encoder(this OnnxGraph graph, Module network, Direction direction, string examples)
    {
        var layers = new OnnxLayers(graph, network, "encoder");
        switch (network)
        {
            case Classifier:
                var features = Features(graph, layers, examples);
                return (Coded(layers, features), layers.Apply("classes", features));
            case SoundAutoencoder:
                return (SoundCode(), null);
            case JointSoundEncoder:
                var code = SoundCode();
                var centered = graph.Add("Sub", [code, layers.Weight("sphering.mean")]);
                return (graph.Add("MatMul", [centered, layers.Weight("sphering.matrix")]),
                    layers.Apply("classes", layers.Apply("features", code)));
            case CrossModalGenerator both:
                var (part, x) = (layers.Within(both.EncoderOf(direction)), examples);
                for (var stage = 1; part.Has($"conv{stage}"); stage++)
                    x = part.Apply($"conv{stage}", x);
                var shared = Coded(part, part.Apply("features", x));
                return (shared, layers.Has("code_classes") ? layers.Apply("code_classes", shared) : null);
            default:
                throw new ArgumentException($"an encoder of the type {network.GetType().Name} is not known");
        }

        string SoundCode()
        {
            var sound = layers.Within("encoder");
            return Coded(sound, Features(graph, sound, examples));
        }

        string Coded(OnnxLayers encoder, string features) => graph.Add("Tanh", [encoder.Apply("code", features)]);
    }

    private static string Features(OnnxGraph graph, OnnxLayers layers, string x)
    {
        foreach (var (i, pool) in ((FeatureNetwork)layers.Module).Pools.Index())
        {
            x = layers.Apply($"conv{i + 1}", x);
            if (pool > 1)
                x = graph.Add("MaxPool", [x], Ints("kernel_shape", pool, pool), Ints("strides", pool, pool));
        }

        return layers.Apply("features", layers.Apply("hidden", x));
    }
}
