namespace CrossModal.Tensors;

/// <summary>
/// Owns the tensors that are made while it is open: at its end they go back to the device's pool. Scopes nest; <see cref="Keep"/> hands a
/// tensor to the scope around. A tensor made outside any scope lives until it is disposed (parameters, optimizer states) or until the
/// garbage collector finds it forgotten; that is safe, but memory comes back later and with more work than from a scope.
/// </summary>
public sealed class Scope : IDisposable
{
    [ThreadStatic]
    private static Scope? _current;

    private readonly Scope? _outer;
    private readonly List<Tensor> _tensors = [];
    private bool _closed;

    /// <summary>Opens a scope on this thread, within the one that is open.</summary>
    public Scope()
    {
        _outer = _current;
        _current = this;
    }

    /// <summary>Moves a tensor to the scope around this one, so that it outlives this scope.</summary>
    public Tensor Keep(Tensor tensor)
    {
        if (_tensors.Remove(tensor))
            HandOver(tensor);
        return tensor;
    }

    /// <summary>Moves all tensors made so far to the scope around.</summary>
    internal void KeepAll()
    {
        foreach (var tensor in _tensors)
            HandOver(tensor);
        _tensors.Clear();
    }

    private void HandOver(Tensor tensor)
    {
        if (_outer is not null)
            _outer._tensors.Add(tensor);
        else
            tensor.Watch();
    }

    /// <summary>Gives back what was made in the scope and not kept.</summary>
    /// <exception cref="InvalidOperationException">A scope within this one is still open.</exception>
    public void Dispose()
    {
        if (_closed)
            return;
        if (_current != this)
            throw new InvalidOperationException("scopes must be closed in the order opposite to their opening");
        _closed = true;
        _current = _outer;
        foreach (var tensor in _tensors)
            tensor.Dispose();
        _tensors.Clear();
    }

    /// <summary>
    /// Until the result is disposed, new tensors belong to no scope and live until they are disposed: parameters and optimizer states,
    /// wherever they are made.
    /// </summary>
    public static Suspension Suspended()
    {
        var suspension = new Suspension(_current);
        _current = null;
        return suspension;
    }

    /// <summary>Puts a new tensor into the scope that is open.</summary>
    /// <returns>Whether there is one.</returns>
    internal static bool Register(Tensor tensor)
    {
        _current?._tensors.Add(tensor);
        return _current is not null;
    }

    /// <summary>Puts the suspended scope back when disposed.</summary>
    public readonly struct Suspension : IDisposable
    {
        private readonly Scope? _suspended;

        internal Suspension(Scope? suspended) => _suspended = suspended;

        /// <summary>Puts the suspended scope back.</summary>
        public void Dispose() => _current = _suspended;
    }
}
