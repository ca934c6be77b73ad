using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>The updates that optimizers are made of; they write over parameters, outside any gradient.</summary>
internal static class Optimization
{
    /// <summary>One Adam step of one parameter; <paramref name="step"/> (int64[1]) counts from 1.</summary>
    public static void Adam(in AdamConstants constants, Tensor learningRate, Tensor step, Tensor parameter, Tensor gradient,
        Tensor firstMoment, Tensor secondMoment)
    {
        CheckShapes("adam", parameter, gradient, firstMoment, secondMoment);
        var call = parameter.Device.Call("adam");
        call.Backend.Adam(constants, call[learningRate], call[step],
            new(call[parameter], call[gradient], call[firstMoment], call[secondMoment]));
    }

    /// <summary><see cref="Adam"/> of many parameters at once; the four lists are of one length, in one order.</summary>
    /// <param name="next">Whether the step is counted first.</param>
    public static void AdamAll(in AdamConstants constants, Tensor learningRate, Tensor step, IReadOnlyList<Tensor> parameters,
        IReadOnlyList<Tensor> gradients, IReadOnlyList<Tensor> firstMoments, IReadOnlyList<Tensor> secondMoments, bool next = false)
    {
        if (gradients.Count != parameters.Count || firstMoments.Count != parameters.Count || secondMoments.Count != parameters.Count)
            throw new ShapeException(
                $"adam: {parameters.Count} parameters, {gradients.Count} gradients, {firstMoments.Count} first and {secondMoments.Count} "
                    + $"second moments");
        if (parameters.Count == 0)
            return;
        var call = parameters[0].Device.Call("adam");
        var arrays = new AdamArrays[parameters.Count];
        for (var i = 0; i < arrays.Length; i++)
        {
            CheckShapes("adam", parameters[i], gradients[i], firstMoments[i], secondMoments[i]);
            arrays[i] = new AdamArrays(call[parameters[i]], call[gradients[i]], call[firstMoments[i]], call[secondMoments[i]]);
        }

        if (next)
            call.Backend.AdamNext(constants, call[learningRate], call[step], arrays);
        else
            call.Backend.AdamAll(constants, call[learningRate], call[step], arrays);
    }

    /// <summary>velocity = momentum · velocity + gradient + weightDecay · parameter; parameter −= rate · velocity.</summary>
    public static void Sgd(double momentum, double weightDecay, Tensor learningRate, Tensor parameter, Tensor gradient, Tensor velocity)
    {
        CheckShapes("sgd", parameter, gradient, velocity);
        var call = parameter.Device.Call("sgd");
        call.Backend.Sgd(momentum, weightDecay, call[learningRate], call[parameter], call[gradient], call[velocity]);
    }

    /// <summary>Adds to the only element of an int64 tensor, on the device.</summary>
    public static void Increment(Tensor counter, long amount)
    {
        var call = counter.Device.Call("increment");
        call.Backend.Increment(call[counter], amount);
    }

    private static void CheckShapes(string op, Tensor parameter, params ReadOnlySpan<Tensor> others)
    {
        foreach (var other in others)
        {
            if (other.Shape != parameter.Shape)
                throw new ShapeException($"{op}: a parameter {parameter.Shape} with a gradient or state {other.Shape}");
        }
    }
}
