using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>Every op case on every device against <c>reference</c>: results and gradients.</summary>
public sealed class DevicesAgreeTests(DevicesAgreeTests.Opened opened) : IClassFixture<DevicesAgreeTests.Opened>
{
    /// <summary>Each device in each of its precisions, with every case; a device that is not here in one row that says why.</summary>
    public static IEnumerable<TheoryDataRow<string, Precision, string>> Cases => TestDevices.All.SelectMany(device =>
    {
        var precisions = device == "cpu" ? [Precision.Float32, Precision.BFloat16] : Enum.GetValues<Precision>();
        var rows = precisions.SelectMany(precision =>
            OpCases.All.Select(opCase => new TheoryDataRow<string, Precision, string>(device, precision, opCase.Name))).ToList();
        return TestDevices.WhyNot(device) is { } reason ? [rows[0].WithSkip($"{reason}; cases not tried: {rows.Count}")] : rows;
    });

    [Theory]
    [MemberData(nameof(Cases))]
    public void AgreesWithTheReference(string device, Precision precision, string name) =>
        Assert.Null(Selftest.Run(OpCases.Named(name), opened.Of(device, precision), opened.ReferenceOf(device, precision)).Failure);

    /// <summary>The devices, each opened when the first test asks.</summary>
    public sealed class Opened : IDisposable
    {
        private readonly Dictionary<(string, Precision), Device> _devices = [];

        /// <summary>One that stores bfloat16 where the device does.</summary>
        public Device ReferenceOf(string name, Precision precision) => Of("reference",
            Of(name, precision).ActivationType == ElementType.BFloat16 ? Precision.BFloat16 : Precision.Float32);

        public Device Of(string name, Precision precision)
        {
            if (!_devices.TryGetValue((name, precision), out var device))
                _devices[(name, precision)] = device = Device.Open(new DeviceSettings(name, 2) { Precision = precision });
            return device;
        }

        public void Dispose()
        {
            foreach (var device in _devices.Values)
                device.Dispose();
        }
    }
}
