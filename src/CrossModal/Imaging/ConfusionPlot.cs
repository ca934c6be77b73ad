using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>
/// A confusion matrix as a picture: rows are the true classes, columns the predicted ones, colors the share of the row, numbers the counts.
/// </summary>
internal static class ConfusionPlot
{
    private const float Gap = 2, LabelGap = 12, WidestLabel = 200, Turn = -45;

    /// <summary>ColorBrewer's "Blues" (C. Brewer, colorbrewer2.org): light to dark in even steps of lightness.</summary>
    private static readonly SKColor[] Blues =
        [new(0xF7, 0xFB, 0xFF), new(0xD0, 0xE1, 0xF2), new(0x94, 0xC4, 0xDF), new(0x4A, 0x98, 0xC9), new(0x17, 0x64, 0xAB),
            new(0x08, 0x30, 0x6B)];

    /// <summary>
    /// Writes the matrix as PNG, whole or not at all. Accuracy and its mean over the classes that occur stand under the title, each row's
    /// own at its end.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="title">One line.</param>
    /// <param name="classes">The names, C of them.</param>
    /// <param name="counts">C × C counts, [true, predicted].</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public static void Write(string path, string title, IReadOnlyList<string> classes, int[,] counts) =>
        Of(title, classes, counts).Write(path);

    /// <summary>The same, not written yet.</summary>
    public static Drawing Of(string title, IReadOnlyList<string> classes, int[,] counts)
    {
        var n = classes.Count;
        if (counts.GetLength(0) != n || counts.GetLength(1) != n)
            throw new ArgumentException($"the counts are {counts.GetLength(0)} × {counts.GetLength(1)}, the classes {n}", nameof(counts));

        float cell = n <= 16 ? 50 : n <= 30 ? 38 : 26;
        var label = DrawingStyle.Label with { Size = Math.Min(DrawingStyle.Label.Size, cell * 0.5f) };
        string[] labels = [.. classes.Select(name => Lettering.Fit(name, WidestLabel, label))];
        var labelWidth = labels.Select(text => Lettering.Width(text, label)).DefaultIfEmpty(0).Max();
        var rise = labelWidth * MathF.Sin(-Turn * MathF.PI / 180) + label.Size;
        var subtitle = Subtitle(counts);

        var left = DrawingStyle.Margin + 30 + labelWidth + LabelGap;
        var top = DrawingStyle.Margin + DrawingStyle.Title.Size + 34 + 44 + rise + LabelGap;
        var recall = Lettering.Width("100.0 %", label) + LabelGap;

        // The last turned label reaches over the end of its column.
        var right = Math.Max(recall, rise) + DrawingStyle.Margin;
        var width = left + n * cell + right;
        width = Math.Max(width,
            2 * DrawingStyle.Margin
                + Math.Max(Lettering.Width(title, DrawingStyle.Title), Lettering.Width(subtitle, DrawingStyle.Label)));
        var height = top + n * cell + DrawingStyle.Margin;

        return new Drawing((int)MathF.Ceiling(width), (int)MathF.Ceiling(height), canvas =>
        {
            DrawingStyle.DrawTitle(canvas, title);
            Lettering.Draw(canvas, subtitle, new SKPoint(DrawingStyle.Margin, DrawingStyle.Margin + DrawingStyle.Title.Size + 20),
                DrawingStyle.MutedLabel);
            Lettering.Draw(canvas, "predicted", new SKPoint(left + n * cell / 2, top - LabelGap - rise - 18),
                DrawingStyle.MutedLabel, TextAlign.Center);
            Lettering.DrawTurned(canvas, "true", new SKPoint(DrawingStyle.Margin + 10, top + n * cell / 2), -90,
                DrawingStyle.MutedLabel, TextAlign.Center);
            for (var row = 0; row < n; row++)
            {
                var middle = top + (row + 0.5f) * cell;
                Lettering.Draw(canvas, labels[row], new SKPoint(left - LabelGap, middle), label, TextAlign.Right);
                Lettering.DrawTurned(canvas, labels[row], new SKPoint(left + (row + 0.5f) * cell, top - LabelGap), Turn, label);
                DrawRow(canvas, counts, row, left, top + row * cell, cell);
                if (Recall(counts, row) is { } share)
                    Lettering.Draw(canvas, $"{100 * share:F1} %", new SKPoint(left + n * cell + recall, middle),
                        label with { Color = DrawingStyle.Muted }, TextAlign.Right);
            }
        });
    }

    private static void DrawRow(SKCanvas canvas, int[,] counts, int row, float left, float top, float cell)
    {
        var total = Total(counts, row);
        for (var column = 0; column < counts.GetLength(1); column++)
        {
            var count = counts[row, column];
            var share = total == 0 ? 0 : (float)count / total;
            var place = SKRect.Create(left + column * cell + Gap / 2, top + Gap / 2, cell - Gap, cell - Gap);
            using var fill = DrawingStyle.Fill(Shade(share));
            canvas.DrawRoundRect(place, 3, 3, fill);
            if (row == column)
            {
                using var frame = DrawingStyle.Stroke(Blues[3], 1.5f);
                canvas.DrawRoundRect(place, 3, 3, frame);
            }

            if (count == 0)
                continue;
            var text = count.ToString();
            var style = new TextStyle(Math.Min(DrawingStyle.Label.Size, cell * 0.42f), share > 0.45f ? SKColors.White : DrawingStyle.Ink);
            style = style with { Size = style.Size * Math.Min(1, (cell - 6) / Lettering.Width(text, style)) };
            Lettering.Draw(canvas, text, new SKPoint(place.MidX, place.MidY), style, TextAlign.Center);
        }
    }

    private static string Subtitle(int[,] counts)
    {
        var classes = Enumerable.Range(0, counts.GetLength(0)).ToArray();
        var total = classes.Sum(row => Total(counts, row));
        if (total == 0)
            return "nothing was counted";
        double[] recalls = [.. classes.Select(row => Recall(counts, row)).OfType<double>()];
        var correct = classes.Sum(row => (long)counts[row, row]);
        return $"accuracy {100.0 * correct / total:F1} %  ·  mean over classes {100 * recalls.Average():F1} %  ·  {total} in all";
    }

    private static long Total(int[,] counts, int row) => Enumerable.Range(0, counts.GetLength(1)).Sum(column => (long)counts[row, column]);

    private static double? Recall(int[,] counts, int row) =>
        Total(counts, row) is > 0 and var total ? (double)counts[row, row] / total : null;

    private static SKColor Shade(float share)
    {
        var place = Math.Clamp(share, 0, 1) * (Blues.Length - 1);
        var below = Math.Min((int)place, Blues.Length - 2);
        byte Mix(byte a, byte b) => (byte)MathF.Round(a + (place - below) * (b - a));
        var (low, high) = (Blues[below], Blues[below + 1]);
        return new SKColor(Mix(low.Red, high.Red), Mix(low.Green, high.Green), Mix(low.Blue, high.Blue));
    }
}
