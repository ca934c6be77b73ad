using System.Globalization;
using System.Text;

namespace CrossModal.Data;

/// <summary>
/// Names that look alike and are not the same: û as one letter, or as u with a mark behind it, as some systems store it. The program runs
/// without the tables that would tell for certain.
/// </summary>
internal static class UnicodeForm
{
    /// <summary>Whether a name has letters that can be written in two ways.</summary>
    public static bool HasMarks(string name) => !Ascii.IsValid(name);

    /// <summary>
    /// Whether two different names are alike but for letters that stand alone in the one and are followed by marks in the other.
    /// </summary>
    public static bool LooksAs(string first, string second)
    {
        if (first == second)
            return false;
        var (i, j) = (0, 0);
        while (i < first.Length && j < second.Length)
        {
            var (ownMarks, otherMarks) = (MarksBehind(first, i), MarksBehind(second, j));
            var alike = ownMarks == otherMarks
                ? first.AsSpan(i, 1 + ownMarks).SequenceEqual(second.AsSpan(j, 1 + otherMarks))
                : Math.Min(ownMarks, otherMarks) == 0 && !char.IsAscii(ownMarks == 0 ? first[i] : second[j]);
            if (!alike)
                return false;
            (i, j) = (i + 1 + ownMarks, j + 1 + otherMarks);
        }

        return i == first.Length && j == second.Length;
    }

    /// <summary>The name with its letters beyond ASCII as numbers: <c>fl\u00FBte</c>.</summary>
    public static string Spelled(string name) =>
        string.Concat(name.Select(letter => char.IsAscii(letter) ? $"{letter}" : $"\\u{(int)letter:X4}"));

    private static int MarksBehind(string name, int at)
    {
        var marks = 0;
        while (at + 1 + marks < name.Length && char.GetUnicodeCategory(name[at + 1 + marks]) == UnicodeCategory.NonSpacingMark)
            marks++;
        return marks;
    }
}
