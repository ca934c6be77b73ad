using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Text.Json;

namespace CrossModal.Kernels;

/// <summary>What a property may hold beyond what its type says; <see cref="JsonFile{T}"/> refuses a file that has anything else.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class LimitAttribute : Attribute
{
    /// <summary>As in "must be …".</summary>
    public abstract string Demand { get; }

    /// <summary>Whether a value, which has the property's type already, may be there.</summary>
    public abstract bool Allows(JsonElement value);
}

/// <summary>A number within bounds, both included.</summary>
internal sealed class WithinAttribute(double least, double most) : LimitAttribute
{
    /// <summary>The least number.</summary>
    public double Least => least;

    /// <summary>The greatest number.</summary>
    public double Most => most;

    /// <inheritdoc/>
    public override string Demand => most >= int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"at least {least}")
        : string.Create(CultureInfo.InvariantCulture, $"between {least} and {most}");

    /// <inheritdoc/>
    public override bool Allows(JsonElement value) => value.GetDouble() is var number && number >= least && number <= most;

    /// <summary>The bounds of a property.</summary>
    public static (double Least, double Most) Of<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        string property) =>
        typeof(T).GetProperty(property)?.GetCustomAttribute<WithinAttribute>() is { } within ? (within.Least, within.Most)
            : throw new ArgumentException($"{typeof(T).Name}.{property} has no bounds", nameof(property));
}

/// <summary>A power of two within bounds, both included.</summary>
internal sealed class PowerOfTwoAttribute(int least, int most) : LimitAttribute
{
    /// <inheritdoc/>
    public override string Demand => $"a power of two between {least} and {most}";

    /// <inheritdoc/>
    public override bool Allows(JsonElement value) =>
        value.GetInt32() is var number && number >= least && number <= most && BitOperations.IsPow2(number);
}

/// <summary>A list without an entry that is there twice.</summary>
/// <param name="by">The property of the entries, as JSON has it, that tells them apart; null where they are text themselves.</param>
internal sealed class DistinctAttribute(string? by = null) : LimitAttribute
{
    /// <inheritdoc/>
    public override string Demand => by is null ? "names, each there once" : $"entries, each with {by} of its own";

    /// <inheritdoc/>
    public override bool Allows(JsonElement value)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return value.EnumerateArray().Select(entry => by is null ? entry : entry.GetProperty(by))
            .All(entry => entry.GetString() is { Length: > 0 } text && seen.Add(text));
    }
}
