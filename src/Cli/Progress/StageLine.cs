using Spectre.Console;
using Spectre.Console.Rendering;

namespace CrossModal.Cli;

/// <summary>
/// One stage on one line: name, bar, percentage, then count, rate, time left and detail. It never takes a second line: on a narrow terminal
/// the bar becomes shorter and the end is cut off.
/// </summary>
internal sealed class StageLine(StageProgress progress) : Renderable
{
    private const int LongestName = 24;
    private static readonly Style Filled = new(Color.Green);
    private static readonly Style Empty = new(Color.Gray);

    protected override Measurement Measure(RenderOptions options, int maxWidth) => new(maxWidth, maxWidth);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        // The last column stays free: a character there makes some terminals begin a new line.
        var room = maxWidth - 1;
        foreach (var (text, style) in Parts(room, options.Unicode))
        {
            var shown = Cut(text, room);
            room -= shown.Length;
            if (shown.Length > 0)
                yield return new Segment(shown, style);
        }
    }

    private IEnumerable<(string Text, Style Style)> Parts(int room, bool unicode)
    {
        yield return (Cut(progress.Name, LongestName) + "  ", Style.Plain);
        if (progress.Total > 0)
        {
            var width = room >= 110 ? 24 : room >= 70 ? 12 : 6;
            var fraction = Math.Clamp((double)progress.Done / progress.Total, 0, 1);
            var filled = (int)(width * fraction);
            yield return (new string(unicode ? '━' : '#', filled), Filled);
            // Another sign, not only another color: colors may be off.
            yield return (new string(unicode ? '─' : '-', width - filled), Empty);
            yield return ($" {Math.Floor(100 * fraction),3:0} %  ", Style.Plain);
        }

        yield return (progress.Describe(), Style.Plain);
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : length <= 1 ? "" : text[..(length - 1)] + "…";
}
