namespace CrossModal.Kernels;

/// <summary>
/// Shapes, axes, element types, counts or devices that do not fit together. The message names the op, the argument, the shapes and the
/// axis.
/// </summary>
/// <param name="message">One line that says what does not fit, and where it helps what would.</param>
public sealed class ShapeException(string message) : ArgumentException(message);
