using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace CrossModal.Kernels.Tests;

/// <summary>
/// Runs a test on each device: its first argument is the device's name, and the others are those given here. A device that is not on this
/// machine gives one skipped test that says why.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class EachDeviceAttribute(params object[] data) : DataAttribute
{
    /// <summary>A property of the class with rows of further arguments, in place of arguments.</summary>
    public string? With { get; init; }

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        var cases = Cases(testMethod);
        EachDeviceAttribute[] all = [.. testMethod.GetCustomAttributes<EachDeviceAttribute>()];
        return new([.. TestDevices.All.SelectMany(device => TestDevices.WhyNot(device) is { } reason
            ? all[0].Equals(this) ? [Skipped(device, $"{reason}; cases not tried: {all.Sum(each => each.Cases(testMethod).Length)}")] : []
            : cases.Select(arguments => new TheoryDataRow([device, .. arguments])))]);

        TheoryDataRow Skipped(string device, string why) => new([device, .. cases[0]]) { Skip = why };
    }

    private object?[][] Cases(MethodInfo method) => With is null
        ? [data]
        : [.. ((IEnumerable<ITheoryDataRow>)method.DeclaringType!.GetProperty(With)!.GetValue(null)!).Select(row => row.GetData())];

    public override bool SupportsDiscoveryEnumeration() => true;
}
