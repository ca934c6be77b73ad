using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Bars of one color, one a group.</summary>
/// <param name="Name">What the legend calls them.</param>
/// <param name="Values">Shares from 0 to 1, as many as groups.</param>
/// <param name="Faint">Drawn lighter, in the color of the series before: what that one is compared with.</param>
internal sealed record BarSeries(string Name, IReadOnlyList<double> Values, bool Faint = false);

/// <summary>Shares as bars side by side, in groups.</summary>
internal static class BarPlot
{
    private const int Width = 1280;
    private const float PlaceHeight = 420, TickLength = 6, LegendLine = 26, GroupGap = 0.24f;

    /// <summary>Writes the bars as PNG, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">One line.</param>
    /// <param name="label">What the vertical axis measures; it runs from 0 to 100 per cent.</param>
    /// <param name="groups">Their names, from left to right.</param>
    /// <param name="series">What stands side by side in each group.</param>
    /// <param name="mark">A level across all groups, with its name.</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public static void Write(string path, string title, string label, IReadOnlyList<string> groups, IReadOnlyList<BarSeries> series,
        (string Name, double Value)? mark = null)
    {
        foreach (var one in series)
            if (one.Values.Count != groups.Count)
                throw new ArgumentException($"bars '{one.Name}' are {one.Values.Count}, the groups {groups.Count}", nameof(series));
        var axis = Axis.Shares;
        var legend = series.Select(one => one.Name).Append(mark?.Name ?? "").Max(name => Lettering.Width(name, DrawingStyle.Label));
        var left = DrawingStyle.Margin + 34 + axis.Ticks.Max(tick => Lettering.Width(axis.Text(tick), DrawingStyle.Small)) + TickLength;
        var top = DrawingStyle.Margin + DrawingStyle.Title.Size + 26;
        var place = new SKRect(left, top, Width - DrawingStyle.Margin - Math.Min(260, legend) - 60, top + PlaceHeight);
        DrawingStyle.Write(path, Width, (int)(place.Bottom + 44 + DrawingStyle.Margin), canvas =>
        {
            DrawingStyle.DrawTitle(canvas, title);
            Lettering.DrawTurned(canvas, label, new SKPoint(DrawingStyle.Margin + 8, place.MidY), -90,
                DrawingStyle.MutedLabel, TextAlign.Center);
            using var line = DrawingStyle.Stroke(DrawingStyle.Line, 1);
            foreach (var tick in axis.Ticks)
            {
                var y = MathF.Round(place.Bottom - axis.Share(tick) * place.Height) + 0.5f;
                canvas.DrawLine(place.Left, y, place.Right, y, line);
                Lettering.Draw(canvas, axis.Text(tick), new SKPoint(place.Left - TickLength - 4, y), DrawingStyle.Small, TextAlign.Right);
            }

            DrawBars(canvas, place, groups, series);
            using var edge = DrawingStyle.Stroke(DrawingStyle.Muted, 1.2f);
            canvas.DrawLine(place.Left, place.Bottom + 0.5f, place.Right, place.Bottom + 0.5f, edge);
            DrawLegend(canvas, place, series, mark);
        });
    }

    /// <summary>A color for each series that is not faint; a faint one has that of the one before.</summary>
    internal static SKColor ColorOf(IReadOnlyList<BarSeries> series, int i)
    {
        var color = DrawingStyle.Series[Math.Max(0, series.Take(i + 1).Count(one => !one.Faint) - 1) % DrawingStyle.Series.Length];
        byte Lighter(byte part) => (byte)(part + (255 - part) * 0.6f);
        return series[i].Faint ? new SKColor(Lighter(color.Red), Lighter(color.Green), Lighter(color.Blue)) : color;
    }

    private static void DrawBars(SKCanvas canvas, SKRect place, IReadOnlyList<string> groups,
        IReadOnlyList<BarSeries> series)
    {
        var group = place.Width / groups.Count;
        var bar = group * (1 - GroupGap) / series.Count;
        for (var g = 0; g < groups.Count; g++)
        {
            var first = place.Left + g * group + group * GroupGap / 2;
            for (var i = 0; i < series.Count; i++)
            {
                var share = (float)Math.Clamp(series[i].Values[g], 0, 1);
                using var fill = DrawingStyle.Fill(ColorOf(series, i));
                var height = share * place.Height;
                canvas.DrawRect(SKRect.Create(first + i * bar + 1, place.Bottom - height, bar - 2, height), fill);
                var text = $"{100 * series[i].Values[g]:0}";
                var size = DrawingStyle.Small.Size * Math.Min(1, (bar - 2) / Lettering.Width(text, DrawingStyle.Small));
                Lettering.Draw(canvas, text, new SKPoint(first + (i + 0.5f) * bar, place.Bottom - height - 10),
                    new TextStyle(size, DrawingStyle.Muted), TextAlign.Center);
            }

            Lettering.Draw(canvas, groups[g], new SKPoint(place.Left + (g + 0.5f) * group, place.Bottom + 22),
                DrawingStyle.Label, TextAlign.Center);
        }
    }

    private static void DrawLegend(SKCanvas canvas, SKRect place, IReadOnlyList<BarSeries> series,
        (string Name, double Value)? mark)
    {
        var (x, y) = (place.Right + 24, place.Top + 14);
        for (var i = 0; i < series.Count; i++)
        {
            using var fill = DrawingStyle.Fill(ColorOf(series, i));
            canvas.DrawRect(x, y + i * LegendLine - 7, 18, 14, fill);
            var text = Lettering.Fit(series[i].Name, Width - DrawingStyle.Margin / 2 - x - 26, DrawingStyle.Label);
            Lettering.Draw(canvas, text, new SKPoint(x + 26, y + i * LegendLine), DrawingStyle.Label);
        }

        if (mark is not { } level)
            return;
        using var stroke = DrawingStyle.Stroke(DrawingStyle.Ink, 1.6f);
        using var dashes = SKPathEffect.CreateDash([6, 5], 0);
        stroke.PathEffect = dashes;
        var across = place.Bottom - (float)level.Value * place.Height;
        canvas.DrawLine(place.Left, across, place.Right, across, stroke);
        var last = y + series.Count * LegendLine;
        canvas.DrawLine(x, last, x + 18, last, stroke);
        Lettering.Draw(canvas, level.Name, new SKPoint(x + 26, last), DrawingStyle.Label);
    }
}
