using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>One step of an optimizer over one array of parameters; their counters.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays)
    {
        double number = step.Int64[0];
        var rates = new AdamRates(learningRate.Float32[0], (float)(1 / (1 - Math.Pow(constants.Beta1, number))),
            (float)(1 / (1 - Math.Pow(constants.Beta2, number))));
        foreach (var written in (ReadOnlySpan<DeviceArray>)[arrays.Parameters, arrays.FirstMoment, arrays.SecondMoment])
            _kept.Forget(written);
        _workers.Run(new AdamBody(constants, rates, arrays), Blocks(arrays.Parameters.Count, Lanes.HeavyGrain), 1);
    }

    public override void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity)
    {
        var rates = new SgdRates((float)momentum, (float)weightDecay, learningRate.Float32[0]);
        var body = new SgdBody(rates, Output(parameters), gradients.Float32, Output(velocity), parameters.Count);
        _workers.Run(body, Blocks(parameters.Count, Lanes.HeavyGrain), 1);
    }

    public override void Increment(DeviceArray counter, long amount) => counter.Int64[0] += amount;

    /// <summary>The step's rate, and by what its moments are multiplied because they began at zero.</summary>
    private readonly record struct AdamRates(float Rate, float Correction1, float Correction2);

    private readonly record struct SgdRates(float Momentum, float Decay, float Rate);

    private readonly struct AdamBody(AdamConstants constants, AdamRates rates, AdamArrays arrays) : IRangeBody
    {
        private readonly float _rest1 = (float)(1 - constants.Beta1), _rest2 = (float)(1 - constants.Beta2);
        private readonly float _epsilon = (float)constants.Epsilon, _decay = (float)constants.WeightDecay;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int firstBlock, int end)
        {
            float* parameters = arrays.Parameters.Float32, gradients = arrays.Gradients.Float32;
            float* first = arrays.FirstMoment.Float32, second = arrays.SecondMoment.Float32;
            var stop = Math.Min((long)end * Lanes.HeavyGrain, arrays.Parameters.Count);
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
            // A moment moves towards what it is the mean of by a share of 1 − β: float32 holds 0.001 far better than 0.999, whose distance
            // from 1 it gets wrong by 1.3e-5.
            m = Lanes.MultiplyAdd(g - m, Vector512.Create(_rest1), m);
            v = Lanes.MultiplyAdd(Lanes.MultiplyAdd(g, g, -v), Vector512.Create(_rest2), v);
            var direction = m * rates.Correction1 / (Vector512.Sqrt(v * rates.Correction2) + Vector512.Create(_epsilon));
            direction = Lanes.MultiplyAdd(p, Vector512.Create(_decay), direction);
            return (Lanes.MultiplyAdd(direction, Vector512.Create(-rates.Rate), p), m, v);
        }
    }

    private readonly struct SgdBody(SgdRates rates, float* parameters, float* gradients, float* velocity, long count) : IRangeBody
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
            v = Lanes.MultiplyAdd(v, Vector512.Create(rates.Momentum), Lanes.MultiplyAdd(p, Vector512.Create(rates.Decay), g));
            return (Lanes.MultiplyAdd(v, Vector512.Create(-rates.Rate), p), v);
        }
    }
}
