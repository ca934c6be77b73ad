namespace CrossModal.Kernels;

/// <summary>
/// Something outside the program is wrong: a file, a folder, an argument, a full disk. The message is one line that names it and the
/// remedy; no stack trace is needed. Control characters, which names of files may hold, are shown as <c>\u001B</c> and so on.
/// </summary>
public class BadInputException(string message, Exception? inner = null) : Exception(Excerpt.OneLine(message), inner);
