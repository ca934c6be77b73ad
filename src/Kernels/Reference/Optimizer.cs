namespace CrossModal.Kernels.Reference;

/// <summary>One step of an optimizer over one array of parameters; their counters.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays)
    {
        var (parameters, gradients, firstMoment, secondMoment) = arrays;
        var (beta1, beta2, epsilon, decay) = constants;
        var rate = learningRate.Float64[0];
        var correction1 = 1 - Math.Pow(beta1, step.Int64[0]);
        var correction2 = 1 - Math.Pow(beta2, step.Int64[0]);
        for (var i = 0L; i < parameters.Count; i++)
        {
            var gradient = gradients.Float64[i];
            ref var parameter = ref parameters.Float64[i];
            ref var first = ref firstMoment.Float64[i];
            ref var second = ref secondMoment.Float64[i];
            first = beta1 * first + (1 - beta1) * gradient;
            second = beta2 * second + (1 - beta2) * gradient * gradient;
            parameter -= rate * (first / correction1 / (Math.Sqrt(second / correction2) + epsilon) + decay * parameter);
        }
    }

    public override void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity)
    {
        var rate = learningRate.Float64[0];
        for (var i = 0L; i < parameters.Count; i++)
        {
            ref var parameter = ref parameters.Float64[i];
            ref var speed = ref velocity.Float64[i];
            speed = momentum * speed + gradients.Float64[i] + weightDecay * parameter;
            parameter -= rate * speed;
        }
    }

    public override void Increment(DeviceArray counter, long amount) => counter.Int64[0] += amount;
}
