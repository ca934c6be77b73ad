using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>One step of an optimizer over one array of parameters; their counters.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays)
    {
        var (parameters, gradients, firstMoment, secondMoment) = arrays;
        double number = step.Int64[0];
        var correction1 = (float)(1 / (1 - Math.Pow(constants.Beta1, number)));
        var correction2 = (float)(1 / (1 - Math.Pow(constants.Beta2, number)));
        var body = new AdamBody(constants, learningRate.Float32[0], correction1, correction2, Output(parameters), gradients.Float32,
            Output(firstMoment), Output(secondMoment), parameters.Count);
        _workers.Run(body, Blocks(parameters.Count, Lanes.HeavyGrain), 1);
    }

    public override void Sgd(float momentum, float weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity)
    {
        var body = new SgdBody(momentum, weightDecay, learningRate.Float32[0], Output(parameters), gradients.Float32, Output(velocity),
            parameters.Count);
        _workers.Run(body, Blocks(parameters.Count, Lanes.HeavyGrain), 1);
    }

    public override void Increment(DeviceArray counter, long amount) => counter.Int64[0] += amount;

    private readonly struct AdamBody(AdamConstants constants, float rate, float correction1, float correction2, float* parameters,
        float* gradients, float* first, float* second, long count)
        : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int firstBlock, int end)
        {
            var stop = Math.Min((long)end * Lanes.HeavyGrain, count);
            for (var i = (long)firstBlock * Lanes.HeavyGrain; i < stop; i += Lanes.Width)
            {
                float* parameter = parameters + i, gradient = gradients + i, mean = first + i, square = second + i;
                var rest = (int)Math.Min(Lanes.Width, stop - i);
                if (rest == Lanes.Width)
                {
                    var (p, m, v) = Step(Vector512.Load(parameter), Vector512.Load(gradient), Vector512.Load(mean), Vector512.Load(square));
                    p.Store(parameter);
                    m.Store(mean);
                    v.Store(square);
                }
                else
                {
                    var (p, m, v) = Step(Lanes.LoadPart(parameter, rest), Lanes.LoadPart(gradient, rest), Lanes.LoadPart(mean, rest),
                        Lanes.LoadPart(square, rest));
                    Lanes.StorePart(p, parameter, rest);
                    Lanes.StorePart(m, mean, rest);
                    Lanes.StorePart(v, square, rest);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private (Vector512<float> Parameter, Vector512<float> First, Vector512<float> Second) Step(Vector512<float> p, Vector512<float> g,
            Vector512<float> m, Vector512<float> v)
        {
            m = Lanes.MultiplyAdd(m, Vector512.Create(constants.Beta1), g * (1 - constants.Beta1));
            v = Lanes.MultiplyAdd(v, Vector512.Create(constants.Beta2), g * g * (1 - constants.Beta2));
            var direction = m * correction1 / (Vector512.Sqrt(v * correction2) + Vector512.Create(constants.Epsilon));
            direction = Lanes.MultiplyAdd(p, Vector512.Create(constants.WeightDecay), direction);
            return (Lanes.MultiplyAdd(direction, Vector512.Create(-rate), p), m, v);
        }
    }

    private readonly struct SgdBody(float momentum, float decay, float rate, float* parameters, float* gradients, float* velocity,
        long count) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var stop = Math.Min((long)end * Lanes.HeavyGrain, count);
            for (var i = (long)first * Lanes.HeavyGrain; i < stop; i += Lanes.Width)
            {
                float* parameter = parameters + i, gradient = gradients + i, speed = velocity + i;
                var rest = (int)Math.Min(Lanes.Width, stop - i);
                if (rest == Lanes.Width)
                {
                    var (p, v) = Step(Vector512.Load(parameter), Vector512.Load(gradient), Vector512.Load(speed));
                    p.Store(parameter);
                    v.Store(speed);
                }
                else
                {
                    var (p, v) = Step(Lanes.LoadPart(parameter, rest), Lanes.LoadPart(gradient, rest), Lanes.LoadPart(speed, rest));
                    Lanes.StorePart(p, parameter, rest);
                    Lanes.StorePart(v, speed, rest);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private (Vector512<float> Parameter, Vector512<float> Velocity) Step(Vector512<float> p, Vector512<float> g, Vector512<float> v)
        {
            v = Lanes.MultiplyAdd(v, Vector512.Create(momentum), Lanes.MultiplyAdd(p, Vector512.Create(decay), g));
            return (Lanes.MultiplyAdd(v, Vector512.Create(-rate), p), v);
        }
    }
}
