using System.Globalization;
using System.Runtime.CompilerServices;

namespace CrossModal.Tensors;

/// <summary>A tensor on the tape, as <see cref="Tape.Watch"/> shows it.</summary>
/// <param name="Index">From 0, in the order in which tensors came to be seen: what a tensor was made of has smaller ones.</param>
/// <param name="Op">The op that made it; null for a leaf, which the tape does not know the making of.</param>
/// <param name="Attributes">What the op was told beside its arguments, as <c>stride 2, padding 1</c>; empty where that is nothing.</param>
/// <param name="Inputs">The op's arguments, in its order; empty for a leaf.</param>
/// <param name="RequiresGradient">Whether a gradient can reach it: false for a constant.</param>
public sealed record TapeEntry(int Index, string? Op, string Attributes, IReadOnlyList<TapeInput> Inputs, bool RequiresGradient);

/// <summary>An argument of an op on the tape.</summary>
/// <param name="Index">Its entry.</param>
/// <param name="Derivative">
/// The lambda that turns the result's gradient into the argument's, as the op's source has it; where one computation gives the gradients of
/// all arguments, that.
/// </param>
public sealed record TapeInput(int Index, string Derivative);

/// <summary>Who looks at the tape of this thread, and which tensors were shown.</summary>
internal sealed class TapeWatch(Action<TapeEntry, Tensor> made, Action<TapeEntry, Tensor> gradient) : IDisposable
{
    private readonly Dictionary<Tensor, TapeEntry> _entries = [];
    private int _count;

    public void Made(Tensor result, string op, string attributes, ReadOnlySpan<Edge> edges)
    {
        var inputs = new TapeInput[edges.Length];
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = new TapeInput(Find(edges[i].Argument).Index, edges[i].Derivative);
        Show(result, new TapeEntry(_count, op, attributes, inputs, RequiresGradient: true));
    }

    public void Flowed(Tensor tensor, Tensor flowing)
    {
        if (!_entries.TryGetValue(tensor, out var entry))
            return;
        using var pause = Tape.Paused();
        gradient(entry, flowing);
    }

    /// <summary>An optimizer may write over them now: used again, they are shown again.</summary>
    public void Forget(IReadOnlyList<Tensor> leaves)
    {
        foreach (var leaf in leaves)
            _entries.Remove(leaf);
    }

    public void Dispose() => Tape.Unwatch(this);

    /// <summary>A leaf is seen when it is first used.</summary>
    private TapeEntry Find(Tensor argument) => _entries.TryGetValue(argument, out var entry)
        ? entry : Show(argument, new TapeEntry(_count, null, "", [], argument.IsTracked));

    private TapeEntry Show(Tensor tensor, TapeEntry entry)
    {
        _count++;
        _entries[tensor] = entry;
        using var pause = Tape.Paused();
        made(entry, tensor);
        return entry;
    }
}

/// <summary>What an op was told beside its arguments, put into words only where somebody watches the tape.</summary>
[InterpolatedStringHandler]
internal ref struct OpAttributes
{
    private readonly bool _wanted;
    private DefaultInterpolatedStringHandler _text;

    public OpAttributes(int literalLength, int formattedCount, out bool wanted)
    {
        _wanted = wanted = Tape.Watching is not null;
        if (wanted)
            _text = new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>The words; empty where nobody watches.</summary>
    public string Take() => _wanted ? _text.ToStringAndClear() : "";
}
