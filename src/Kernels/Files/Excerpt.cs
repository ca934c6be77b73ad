using System.Globalization;
using System.Text;

namespace CrossModal.Kernels;

/// <summary>Text from outside the program, as a message or a screen may show it.</summary>
internal static class Excerpt
{
    /// <summary>No message tells more than this, whatever it quotes.</summary>
    private const int LongestMessage = 4000;

    /// <summary>The first letters of a text, with control characters made visible.</summary>
    public static string Of(string text, int most = 60) => OneLine(Cut(text, most));

    /// <summary>
    /// One line: line breaks become spaces, and what would move a terminal's cursor, change its colors or turn the direction of writing
    /// becomes <c>\u001B</c> and so on.
    /// </summary>
    public static string OneLine(string text)
    {
        var lines = text.AsSpan().IndexOfAny('\r', '\n') < 0 ? text
            : string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        var shown = Cut(lines, LongestMessage);
        if (shown.All(IsPlain))
            return shown;
        var visible = new StringBuilder();
        foreach (var letter in shown)
        {
            if (IsPlain(letter))
                visible.Append(letter);
            else
                visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
        }

        return visible.ToString();
    }

    private static bool IsPlain(char letter) => char.IsAscii(letter) ? !char.IsControl(letter) : CharUnicodeInfo.GetUnicodeCategory(letter)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static string Cut(string text, int most) => text.Length <= most ? text : text[..most] + "…";
}
