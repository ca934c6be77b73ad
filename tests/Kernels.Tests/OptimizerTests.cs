namespace CrossModal.Kernels.Tests;

public class OptimizerTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(17, 0.01f)]
    [InlineData(20_005, 0)]
    public void AdamAgreesOverSeveralSteps(int count, float decay)
    {
        using var both = new BothDevices();
        var (parameters, first, second) = (both.Normal(count), both.Floats(new double[count]), both.Floats(new double[count]));
        var (rate, step) = (both.Floats(2e-3), both.Longs(0));
        for (var turn = 0; turn < 5; turn++)
        {
            var gradients = both.Normal(count);
            both.Run(device =>
            {
                device.Increment(step.On(device), 1);
                device.Adam(new AdamConstants(0.5f, 0.999f, 1e-8f, decay), rate.On(device), step.On(device), parameters.On(device),
                    gradients.On(device),
                    first.On(device), second.On(device));
            });
        }

        Assert.Equal(5, step.Cpu.Span<long>()[0]);
        both.Compare("Adam parameters", $"[{count}]", parameters, 1e-6, 1e-6);
        both.Compare("Adam first moment", $"[{count}]", first, 1e-6, 1e-6);
        both.Compare("Adam second moment", $"[{count}]", second, 1e-6, 1e-9);
    }

    [Fact]
    public void AdamsFirstStepIsTheRateInTheDirectionOfTheSign()
    {
        using var both = new BothDevices();
        var (parameters, first, second) = (both.Floats(1, 1), both.Floats(0, 0), both.Floats(0, 0));
        var (rate, step, gradients) = (both.Floats(0.125), both.Longs(1), both.Floats(3, -1e-3));
        both.Cpu.Adam(new AdamConstants(), rate.Cpu, step.Cpu, parameters.Cpu, gradients.Cpu, first.Cpu, second.Cpu);
        Assert.Equal(0.875f, parameters.Cpu.Span<float>()[0], 1e-5f);
        Assert.Equal(1.125f, parameters.Cpu.Span<float>()[1], 1e-5f);
    }

    [Fact]
    public void SgdAgreesOverSeveralSteps()
    {
        using var both = new BothDevices();
        const int Count = 9001;
        var (parameters, velocity, rate) = (both.Normal(Count), both.Floats(new double[Count]), both.Floats(0.1));
        for (var turn = 0; turn < 4; turn++)
        {
            var gradients = both.Normal(Count);
            both.Run(device => device.Sgd(0.9f, 0.01f, rate.On(device), parameters.On(device), gradients.On(device), velocity.On(device)));
        }

        both.Compare("Sgd parameters", $"[{Count}]", parameters, 1e-6, 1e-6);
        both.Compare("Sgd velocity", $"[{Count}]", velocity, 1e-6, 1e-6);
    }
}
