using System.Runtime.CompilerServices;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// One argument of an op and the function that turns the result's gradient into the argument's, with its source, which whoever watches the
/// tape is shown.
/// </summary>
internal readonly record struct Edge(Tensor Argument, Func<Tensor, Tensor> VectorJacobian,
    [CallerArgumentExpression(nameof(VectorJacobian))] string Derivative = "");

/// <summary>How a tensor was made. <see cref="Order"/> grows with time, so it sorts any graph topologically.</summary>
internal abstract class Node(string op)
{
    [ThreadStatic]
    private static long _clock;

    public string Op { get; } = op;

    public long Order { get; } = ++_clock;

    public abstract IEnumerable<Tensor> Arguments { get; }

    /// <summary>The gradients of those arguments that are needed, from the gradient of the result.</summary>
    public abstract IEnumerable<(Tensor Argument, Tensor Gradient)> Backward(Tensor gradient, Func<Tensor, bool> needed);
}

/// <summary>A node with one vector-Jacobian product an argument.</summary>
internal sealed class EdgeNode(string op, Edge[] edges) : Node(op)
{
    public override IEnumerable<Tensor> Arguments => edges.Select(edge => edge.Argument);

    public override IEnumerable<(Tensor Argument, Tensor Gradient)> Backward(Tensor gradient, Func<Tensor, bool> needed) =>
        edges.Where(edge => needed(edge.Argument)).Select(edge => (edge.Argument, edge.VectorJacobian(gradient)));
}

/// <summary>A node whose gradients come out of one fused computation; it is told which of them are needed.</summary>
internal sealed class JointNode(string op, Tensor[] arguments, Func<Tensor, bool[], Tensor?[]> backward) : Node(op)
{
    public override IEnumerable<Tensor> Arguments => arguments;

    /// <summary>The gradient of the only argument for a gradient of 1, if it is known already; it belongs to the node.</summary>
    public Tensor? Slope { get; init; }

    public override IEnumerable<(Tensor Argument, Tensor Gradient)> Backward(Tensor gradient, Func<Tensor, bool> needed)
    {
        var wanted = System.Array.ConvertAll(arguments, argument => needed(argument));
        if (!wanted.Contains(true))
            yield break;
        var gradients = backward(gradient, wanted);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (wanted[i])
                yield return (arguments[i], gradients[i]!);
        }
    }
}

/// <summary>Whether ops are remembered, and the walk back over what was remembered.</summary>
public static class Tape
{
    [ThreadStatic]
    private static int _pauses;

    [ThreadStatic]
    private static TapeWatch? _watch;

    internal static bool IsPaused => _pauses > 0;

    /// <summary>Who looks at the tape of this thread; null where nobody does.</summary>
    internal static TapeWatch? Watching => _watch;

    /// <summary>Ops inside the returned scope are not remembered: sampling, evaluation, updates.</summary>
    public static Pause Paused() => new(1);

    /// <summary>
    /// Shows what this thread's tape remembers while it does so, and what <see cref="Gradients"/> does with it, until the result is
    /// disposed. For looking inside: a step that is replayed remembers nothing, and one that is being captured cannot be read.
    /// </summary>
    /// <param name="made">
    /// Given each op's result when it was made, and before it those arguments that are seen for the first time (parameters, inputs).
    /// </param>
    /// <param name="gradient">
    /// Given each tensor that a walk back comes to, with its whole gradient: results of ops from the latest on, then the leaves that were
    /// asked for. A leaf that is used after it has got its gradient has a new entry, because an optimizer may have written over it.
    /// </param>
    /// <remarks>Both are called with the tape paused. Tensors belong to whoever computes them: read them at once.</remarks>
    /// <exception cref="InvalidOperationException">Somebody watches already.</exception>
    public static IDisposable Watch(Action<TapeEntry, Tensor> made, Action<TapeEntry, Tensor> gradient) => _watch is null
        ? _watch = new TapeWatch(made, gradient)
        : throw new InvalidOperationException("the tape of a thread can be watched once at a time; dispose the other watch first");

    internal static void Unwatch(TapeWatch watch)
    {
        if (_watch == watch)
            _watch = null;
    }

    /// <summary>
    /// The gradients of a scalar <paramref name="output"/> by each tensor of <paramref name="by"/> (zeros where it does not depend on one).
    /// Work is done only along paths that lead to one of them. Activations are released as soon as they are used, unless
    /// <paramref name="keepGraph"/>; with <paramref name="differentiable"/> the gradients are themselves remembered and can be
    /// differentiated again, to any order.
    /// </summary>
    /// <exception cref="ShapeException">The output is no single number.</exception>
    /// <exception cref="ArgumentException">Nothing remembers one of the tensors.</exception>
    /// <exception cref="InvalidOperationException">The output was made while the tape is paused.</exception>
    public static Tensor[] Gradients(Tensor output, IReadOnlyList<Tensor> by, bool differentiable = false, bool keepGraph = false)
    {
        if (output.Count != 1)
            throw new ShapeException($"gradients of a tensor of shape {output.Shape}: only a single number has gradients");
        if (IsPaused && output.Node is null)
            throw new InvalidOperationException(
                $"gradients of {output.Description} while the tape is paused: nothing was remembered of how "
                + "it was made, and a training step would learn nothing");
        if (by.FirstOrDefault(tensor => !tensor.IsTracked) is { } constant)
            throw new ArgumentException($"gradients by {constant.Description}, which nothing remembers: set RequiresGradient before it is "
                + "used");
        var wanted = by.ToHashSet();
        var gradients = new Dictionary<Tensor, Tensor>();
        using var pause = new Pause(differentiable ? 0 : 1);
        if (output.Node is JointNode { Slope: { } slope } loss && !differentiable && !wanted.Contains(output) && _watch is null)
            gradients[loss.Arguments.Single()] = slope.Detach();
        else
            gradients[output] = Tensor.Full(output.Device, output.Shape, 1, output.Type);
        foreach (var tensor in PathsTo(wanted, output, out var needed))
        {
            if (tensor.Node is not { } node || !gradients.TryGetValue(tensor, out var gradient))
                continue;
            _watch?.Flowed(tensor, gradient);
            using (var scope = new Scope())
            {
                foreach (var (argument, given) in node.Backward(gradient, needed.Contains))
                {
                    var part = given.To(argument.Type);
                    if (part.Shape != argument.Shape)
                        throw new InvalidOperationException(
                            $"{node.Op}: a gradient of shape {part.Shape} for an argument of shape {argument.Shape}");
                    // An op may pass its result's gradient on as it is; an argument that is used twice collects a sum.
                    var sum = gradients.TryGetValue(argument, out var other) ? other + part : ReferenceEquals(part, gradient)
                        && !differentiable ? part.Detach() : part;
                    if (!differentiable)
                        other?.Dispose();
                    gradients[argument] = scope.Keep(sum);
                }

                if (differentiable)
                    scope.KeepAll();
            }

            if (differentiable || wanted.Contains(tensor))
                continue;
            gradient.Dispose();
            if (!keepGraph && !ReferenceEquals(tensor, output))
                tensor.Dispose();
        }

        if (_watch is { } watch)
        {
            foreach (var leaf in by.Where(leaf => leaf.Node is null && gradients.ContainsKey(leaf)))
                watch.Flowed(leaf, gradients[leaf]);
            if (!differentiable)
                watch.Forget(by);
        }

        return [.. by.Select(tensor =>
            gradients.TryGetValue(tensor, out var gradient) ? gradient : Tensor.Zeros(tensor.Device, tensor.Shape, tensor.Type))];
    }

    /// <summary>
    /// Whether <paramref name="output"/> is remembered as computed from <paramref name="tensor"/>. If not, <see cref="Gradients"/> gives
    /// zeros: right for a loss that does not depend on it, and misleading where it was meant to.
    /// </summary>
    public static bool Remembers(Tensor output, Tensor tensor)
    {
        PathsTo([tensor], output, out var needed);
        return tensor.IsTracked && needed.Contains(output);
    }

    /// <summary>The tensors between <paramref name="output"/> and <paramref name="wanted"/>, latest first.</summary>
    private static List<Tensor> PathsTo(HashSet<Tensor> wanted, Tensor output, out HashSet<Tensor> needed)
    {
        var seen = new HashSet<Tensor> { output };
        var open = new Stack<Tensor>([output]);
        var made = new List<Tensor>();
        while (open.TryPop(out var tensor))
        {
            if (tensor.Node is null)
                continue;
            made.Add(tensor);
            foreach (var argument in tensor.Node.Arguments)
            {
                if (seen.Add(argument))
                    open.Push(argument);
            }
        }

        made.Sort((a, b) => a.Node!.Order.CompareTo(b.Node!.Order));
        var reached = new HashSet<Tensor>(wanted);
        foreach (var tensor in made)
        {
            if (tensor.Node!.Arguments.Any(reached.Contains))
                reached.Add(tensor);
        }

        needed = reached;
        made.Reverse();
        return made;
    }

    /// <summary>Ends the pause when disposed.</summary>
    public readonly struct Pause : IDisposable
    {
        private readonly int _depth;

        internal Pause(int depth) => _pauses += _depth = depth;

        /// <summary>Ends the pause.</summary>
        public void Dispose() => _pauses -= _depth;
    }
}
