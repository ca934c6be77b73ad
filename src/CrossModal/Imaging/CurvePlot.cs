using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>A curve through the points (X[i], Y[i]), X rising. Points that are not finite leave a gap.</summary>
/// <param name="Name">What the legend calls it.</param>
/// <param name="X">Steps or epochs.</param>
/// <param name="Y">Values, as many.</param>
/// <param name="Smooth">For noisy values: the points are drawn faint, and over them their exponential moving average.</param>
internal sealed record Curve(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y, bool Smooth = false);

/// <summary>Curves with one vertical axis.</summary>
/// <param name="Label">What the axis measures.</param>
/// <param name="Curves">What is drawn.</param>
/// <param name="Percent">Values are shares: the axis runs from 0 to 1 and is labeled in per cent.</param>
internal sealed record CurvePanel(string Label, IReadOnlyList<Curve> Curves, bool Percent = false);

/// <summary>Metrics over steps or epochs: one or more panels above each other with one horizontal axis.</summary>
internal static class CurvePlot
{
    private const int Width = 1280;

    private const float PanelHeight = 380, PanelGap = 40, TickLength = 6, LegendLine = 26;

    /// <summary>Writes the panels as PNG, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">One line.</param>
    /// <param name="horizontal">What the horizontal axis counts, such as "epoch".</param>
    /// <param name="panels">From top to bottom.</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public static void Write(string path, string title, string horizontal, params IReadOnlyList<CurvePanel> panels)
    {
        foreach (var curve in panels.SelectMany(panel => panel.Curves))
            if (curve.X.Count != curve.Y.Count)
                throw new ArgumentException($"curve '{curve.Name}' has {curve.X.Count} places and {curve.Y.Count} values", nameof(panels));

        var x = Axis.Over(panels.SelectMany(panel => panel.Curves).SelectMany(curve => curve.X), ticks: 10, wholeTicks: false);
        var top = DrawingStyle.Margin + DrawingStyle.Title.Size + 26;
        var height = top + panels.Count * (PanelHeight + PanelGap) + DrawingStyle.Margin;
        Axis[] vertical = [.. panels.Select(panel =>
            panel.Percent ? Axis.Shares : Axis.Over(panel.Curves.SelectMany(curve => curve.Y), ticks: 8, wholeTicks: true))];
        var tickWidth = vertical.Select(axis => axis.Ticks.Max(tick => Lettering.Width(axis.Text(tick), DrawingStyle.Small)))
            .DefaultIfEmpty(0).Max();
        var left = DrawingStyle.Margin + 30 + tickWidth + TickLength;
        var legend = panels.SelectMany(panel => panel.Curves).Select(curve => Lettering.Width(curve.Name, DrawingStyle.Label))
            .DefaultIfEmpty(0).Max();
        var right = Width - DrawingStyle.Margin - Math.Min(260, legend) - 50;

        DrawingStyle.Write(path, Width, (int)MathF.Ceiling(height), canvas =>
        {
            DrawingStyle.DrawTitle(canvas, title);
            for (var i = 0; i < panels.Count; i++)
            {
                var place = new SKRect(left, top + i * (PanelHeight + PanelGap), right, top + i * (PanelHeight + PanelGap) + PanelHeight);
                var y = vertical[i];
                DrawFrame(canvas, place, x, y);
                Lettering.DrawTurned(canvas, panels[i].Label, new SKPoint(DrawingStyle.Margin + 8, place.MidY), -90,
                    DrawingStyle.MutedLabel, TextAlign.Center);
                for (var c = 0; c < panels[i].Curves.Count; c++)
                    DrawCurve(canvas, panels[i].Curves[c], place, x, y, c);
                DrawLegend(canvas, panels[i].Curves, right + 24, place.Top + 14);
            }

            Lettering.Draw(canvas, horizontal, new SKPoint((left + right) / 2, height - DrawingStyle.Margin + 2),
                DrawingStyle.MutedLabel, TextAlign.Center);
        });
    }

    private static void DrawFrame(SKCanvas canvas, SKRect place, Axis x, Axis y)
    {
        using var line = DrawingStyle.Stroke(DrawingStyle.Line, 1);
        using var edge = DrawingStyle.Stroke(DrawingStyle.Muted, 1.2f);
        foreach (var tick in y.Ticks)
        {
            var at = MathF.Round(place.Bottom - y.Share(tick) * place.Height) + 0.5f;
            canvas.DrawLine(place.Left, at, place.Right, at, line);
            Lettering.Draw(canvas, y.Text(tick), new SKPoint(place.Left - TickLength - 4, at), DrawingStyle.Small, TextAlign.Right);
        }

        foreach (var tick in x.Ticks)
        {
            var at = MathF.Round(place.Left + x.Share(tick) * place.Width) + 0.5f;
            canvas.DrawLine(at, place.Bottom, at, place.Bottom + TickLength, edge);
            Lettering.Draw(canvas, x.Text(tick), new SKPoint(at, place.Bottom + TickLength + 12), DrawingStyle.Small, TextAlign.Center);
        }

        canvas.DrawLine(place.Left, place.Bottom + 0.5f, place.Right, place.Bottom + 0.5f, edge);
    }

    /// <param name="number">Its place among the curves, which decides color and dashes.</param>
    private static void DrawCurve(SKCanvas canvas, Curve curve, SKRect place, Axis x, Axis y, int number)
    {
        var (round, series) = Math.DivRem(number, DrawingStyle.Series.Length);
        var color = DrawingStyle.Series[series];
        using var saved = new SKAutoCanvasRestore(canvas);
        canvas.ClipRect(SKRect.Inflate(place, 4, 4));
        SKPoint At(int i, double value) =>
            new(place.Left + x.Share(curve.X[i]) * place.Width, place.Bottom - y.Share(value) * place.Height);
        if (curve.Smooth)
        {
            DrawLine(canvas, curve.Y, At, color.WithAlpha(70), 1.2f, round);
            DrawLine(canvas, MovingAverage(curve.Y), At, color, 2.6f, round);
            return;
        }

        DrawLine(canvas, curve.Y, At, color, 2.6f, round);
        if (curve.X.Count > 60)
            return;
        using var dot = DrawingStyle.Fill(color);
        for (var i = 0; i < curve.X.Count; i++)
            if (double.IsFinite(curve.Y[i]))
                canvas.DrawCircle(At(i, curve.Y[i]), 3.8f, dot);
    }

    private static void DrawLine(SKCanvas canvas, IReadOnlyList<double> values, Func<int, double, SKPoint> at, SKColor color, float width,
        int round)
    {
        using var path = new SKPath();
        var down = false;
        for (var i = 0; i < values.Count; i++)
        {
            var finite = double.IsFinite(values[i]);
            if (finite && down)
                path.LineTo(at(i, values[i]));
            else if (finite)
                path.MoveTo(at(i, values[i]));
            down = finite;
        }

        using var paint = DrawingStyle.Stroke(color, width);
        using var dashes = SKPathEffect.CreateDash([10, 7], 0);
        if (round % 2 == 1)
            paint.PathEffect = dashes;
        canvas.DrawPath(path, paint);
    }

    private static void DrawLegend(SKCanvas canvas, IReadOnlyList<Curve> curves, float x, float y)
    {
        for (var c = 0; c < curves.Count; c++)
        {
            using var paint = DrawingStyle.Stroke(DrawingStyle.Series[c % DrawingStyle.Series.Length], 3.5f);
            using var dashes = SKPathEffect.CreateDash([6, 6], 0);
            if (c / DrawingStyle.Series.Length % 2 == 1)
                paint.PathEffect = dashes;
            canvas.DrawLine(x, y + c * LegendLine, x + 18, y + c * LegendLine, paint);
            var text = Lettering.Fit(curves[c].Name, Width - DrawingStyle.Margin / 2 - x - 26, DrawingStyle.Label);
            Lettering.Draw(canvas, text, new SKPoint(x + 26, y + c * LegendLine), DrawingStyle.Label);
        }
    }

    /// <summary>Exponential, over about a fortieth of the points, started without bias; gaps stay gaps.</summary>
    private static double[] MovingAverage(IReadOnlyList<double> values)
    {
        var keep = 1 - 1 / Math.Max(2.0, values.Count / 40.0);
        double mean = 0, weight = 0;
        var smooth = new double[values.Count];
        for (var i = 0; i < values.Count; i++)
        {
            if (double.IsFinite(values[i]))
                (mean, weight) = (keep * mean + (1 - keep) * values[i], keep * weight + 1 - keep);
            smooth[i] = double.IsFinite(values[i]) ? mean / weight : double.NaN;
        }

        return smooth;
    }
}
