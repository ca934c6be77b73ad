using System.Globalization;

namespace CrossModal.Kernels;

/// <summary>
/// Numbers that a file keeps as text by name, checked where they are read, with the messages of <see cref="JsonFile{T}"/>.
/// </summary>
/// <param name="source">What the messages name.</param>
/// <param name="values">The text by name.</param>
/// <param name="remedy">What helps where something is wrong.</param>
internal sealed class TextValues(string source, IReadOnlyDictionary<string, string> values, string remedy)
{
    /// <summary>The text of a name; null where there is none.</summary>
    public string? Find(string name) => values.GetValueOrDefault(name);

    /// <summary>A whole number of at least <paramref name="least"/> and at most <paramref name="most"/>.</summary>
    /// <exception cref="BadInputException">It is missing, or something else.</exception>
    public long Whole(string name, long least, long most = long.MaxValue) =>
        long.TryParse(Of(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most ? number : throw Refuse(name, $"a whole number {Range(least, most)}");

    /// <summary>A number between two others, both included.</summary>
    /// <exception cref="BadInputException">It is missing, or something else.</exception>
    public double Number(string name, double least, double most) =>
        double.TryParse(Of(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most ? number : throw Refuse(name, $"a number {Range(least, most)}");

    /// <summary>So many numbers in a row, with spaces between them; NaN and infinities are numbers here.</summary>
    /// <exception cref="BadInputException">They are missing, or something else.</exception>
    public float[] Row(string name, int count)
    {
        var parts = Of(name).Split(' ');
        var numbers = new float[count];
        if (parts.Length != count || !parts.Index().All(part =>
            float.TryParse(part.Item, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[part.Index])))
            throw Refuse(name, $"{count} numbers with spaces between them");
        return numbers;
    }

    /// <summary>Says that a value is none that can be there.</summary>
    public BadInputException Refuse(string name, string demand) =>
        new($"{source}: {name} is {Excerpt.Of(Of(name), 40)}; must be {demand}; {remedy}");

    private string Of(string name) => Find(name) ?? throw new BadInputException($"{source}: has no {name}; {remedy}");

    private static string Range<T>(T least, T most) => most is long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"of at least {least}")
        : string.Create(CultureInfo.InvariantCulture, $"between {least} and {most}");
}
