using SkiaSharp;

namespace CrossModal.Imaging;

/// <summary>Pictures in rows and columns with a title and labels, enlarged by repeating pixels so that each stays visible.</summary>
/// <param name="Title">One line above everything.</param>
/// <param name="ColumnLabels">One a column; empty texts or a shorter list leave columns without.</param>
/// <param name="RowLabels">One a row; likewise.</param>
/// <param name="Rows">The pictures of each row, null where there is none. They may differ in size; each is centered in its cell.</param>
internal sealed record SampleGrid(string Title, IReadOnlyList<string> ColumnLabels, IReadOnlyList<string> RowLabels,
    IReadOnlyList<IReadOnlyList<RgbImage?>> Rows)
{
    private const float Gap = 6, LabelGap = 14, WidestRowLabel = 260;

    /// <summary>Writes the grid as PNG, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scale">How many pixels on the screen each pixel becomes, along each axis.</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public void Write(string path, int scale = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        var columns = Math.Max(1, Rows.Select(row => row.Count).DefaultIfEmpty(0).Max());
        var pictures = Rows.SelectMany(row => row).OfType<RgbImage>().ToArray();
        var cellWidth = scale * pictures.Select(picture => picture.Width).DefaultIfEmpty(64).Max();
        var cellHeight = scale * pictures.Select(picture => picture.Height).DefaultIfEmpty(64).Max();

        var labelWidth = RowLabels.Select(label => Math.Min(WidestRowLabel, Lettering.Width(label, DrawingStyle.Label)))
            .DefaultIfEmpty(0).Max();
        var left = DrawingStyle.Margin + (labelWidth > 0 ? labelWidth + LabelGap : 0);
        var titleHeight = Title.Length > 0 ? DrawingStyle.Title.Size + 22 : 0;
        var headerHeight = ColumnLabels.Any(label => label.Length > 0) ? DrawingStyle.Label.Size + LabelGap : 0;
        var top = DrawingStyle.Margin + titleHeight + headerHeight;
        var width = left + columns * (cellWidth + Gap) - Gap + DrawingStyle.Margin;
        width = Math.Max(width, Lettering.Width(Title, DrawingStyle.Title) + 2 * DrawingStyle.Margin);
        var height = top + Rows.Count * (cellHeight + Gap) - Gap + DrawingStyle.Margin;

        DrawingStyle.Write(path, (int)MathF.Ceiling(width), (int)MathF.Ceiling(Math.Max(height, top + DrawingStyle.Margin)), canvas =>
        {
            DrawingStyle.DrawTitle(canvas, Title);
            for (var column = 0; column < Math.Min(columns, ColumnLabels.Count); column++)
            {
                var text = Lettering.Fit(ColumnLabels[column], cellWidth, DrawingStyle.Label);
                var center = left + column * (cellWidth + Gap) + cellWidth / 2f;
                Lettering.Draw(canvas, text, new SKPoint(center, top - LabelGap - DrawingStyle.Label.Size / 2 + 4),
                    DrawingStyle.MutedLabel, TextAlign.Center);
            }

            for (var row = 0; row < Rows.Count; row++)
            {
                var y = top + row * (cellHeight + Gap);
                if (row < RowLabels.Count)
                {
                    var text = Lettering.Fit(RowLabels[row], WidestRowLabel, DrawingStyle.Label);
                    Lettering.Draw(canvas, text, new SKPoint(left - LabelGap, y + cellHeight / 2f), DrawingStyle.Label, TextAlign.Right);
                }

                for (var column = 0; column < columns; column++)
                {
                    var picture = column < Rows[row].Count ? Rows[row][column] : null;
                    var cell = SKRect.Create(MathF.Round(left + column * (cellWidth + Gap)), MathF.Round(y), cellWidth, cellHeight);
                    DrawCell(canvas, picture, cell, scale);
                }
            }
        });
    }

    private static void DrawCell(SKCanvas canvas, RgbImage? picture, SKRect cell, int scale)
    {
        if (picture is null)
        {
            using var empty = DrawingStyle.Fill(DrawingStyle.Empty);
            canvas.DrawRect(cell, empty);
            return;
        }

        using var image = ImageFile.ToSkia(picture);
        int width = picture.Width * scale, height = picture.Height * scale;
        var place = SKRect.Create(cell.Left + ((int)cell.Width - width) / 2, cell.Top + ((int)cell.Height - height) / 2, width, height);
        canvas.DrawImage(image, place, new SKSamplingOptions(SKFilterMode.Nearest));
    }
}
