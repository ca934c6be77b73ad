using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>Every op case on <c>cpu</c> against <c>reference</c>: values and gradients.</summary>
public sealed class SelftestTests(SelftestTests.Devices devices) : IClassFixture<SelftestTests.Devices>
{
    public static TheoryData<string> Cases => [.. OpCases.All.Select(opCase => opCase.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheCpuAgreesWithTheReference(string name) =>
        Assert.Null(Selftest.Run(OpCases.Named(name), devices.Cpu, devices.Reference).Failure);

    public sealed class Devices : IDisposable
    {
        public Device Cpu { get; } = Device.Open("cpu", threads: 2);

        public Device Reference { get; } = Device.Open("reference");

        public void Dispose()
        {
            Cpu.Dispose();
            Reference.Dispose();
        }
    }
}
