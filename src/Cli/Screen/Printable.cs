using System.Globalization;
using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CrossModal.Cli;

/// <summary>
/// Text as it may stand on a terminal. Names of files can hold escape sequences, line ends and marks that turn the direction of what
/// follows; none of them is acted on, they are shown by their code instead: <c>\u001B</c>.
/// </summary>
internal static class Printable
{
    /// <summary>The text with every control, format and separator character spelled out, line ends too: it stays one line.</summary>
    public static string Line(string text)
    {
        if (!text.Any(IsHidden))
            return text;
        var shown = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            if (IsHidden(letter))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:X4}");
            else
                shown.Append(letter);
        }

        return shown.ToString();
    }

    /// <summary>Tabs pass: they only move to the right.</summary>
    private static bool IsHidden(char letter) => letter != '\t' && char.GetUnicodeCategory(letter) is UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Makes everything printable that Spectre draws, but for what it draws with.</summary>
    internal sealed class Hook : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(renderable => new Drawn(renderable));
    }

    private sealed class Drawn(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth)
            .Select(part => part.IsControlCode || part.IsLineBreak ? part : Part(part));

        private static Segment Part(Segment part) => Line(part.Text) is var shown && shown == part.Text ? part
            : new Segment(shown, part.Style);
    }
}
