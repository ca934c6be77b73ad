using System.Globalization;

namespace CrossModal.Runs;

/// <summary>
/// A setting that a user may choose, declared once. The option of the command line, what is laid over the preset, and the check when a run
/// is continued all follow from the declaration.
/// </summary>
/// <param name="name">Its name; the command line has an option of that name.</param>
/// <param name="help">One sentence for the help.</param>
internal abstract class Setting(string name, string help)
{
    /// <summary>Its name; the command line has an option of that name.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for the help.</summary>
    public string Help { get; } = help;

    /// <summary>Which kinds of runs have it: those that generate, unless it says otherwise.</summary>
    public Func<RunKind, bool> AppliesTo { get; init; } = kind => kind.Directions.Count > 0;

    /// <summary>What a run has, in the words of the command line.</summary>
    public abstract string Describe(RunSettings run);

    /// <summary>The same as another run has.</summary>
    public abstract ChosenSetting AsIn(RunSettings run);
}

/// <summary>A setting that was chosen.</summary>
/// <param name="Lay">A run with the choice laid over it.</param>
/// <param name="Agrees">Whether a run has it as it was chosen.</param>
internal sealed record ChosenSetting(Setting Setting, Func<RunSettings, RunSettings> Lay, Func<RunSettings, bool> Agrees);

/// <summary>A setting with values of a type.</summary>
/// <param name="get">Where the description of a run has it.</param>
/// <param name="set">The description with another value.</param>
internal abstract class Setting<T>(string name, string help, Func<RunSettings, T> get, Func<RunSettings, T, RunSettings> set)
    : Setting(name, help)
{
    /// <summary>Chooses a value.</summary>
    public ChosenSetting Choose(T value) => new(this, run => set(run, value), run => Equals(get(run), value));

    /// <inheritdoc/>
    public override ChosenSetting AsIn(RunSettings run) => Choose(get(run));

    /// <inheritdoc/>
    public override string Describe(RunSettings run) => Describe(get(run));

    private protected abstract string Describe(T value);
}

/// <summary>A number within bounds.</summary>
internal sealed class NumberSetting(string name, string help, (double Least, double Most) range, Func<RunSettings, double> get,
    Func<RunSettings, double, RunSettings> set) : Setting<double>(name, help, get, set)
{
    /// <summary>The least and the greatest number that it takes.</summary>
    public (double Least, double Most) Range { get; } = range;

    private protected override string Describe(double value) => Convert.ToString(value, CultureInfo.InvariantCulture);
}

/// <summary>One of a few words.</summary>
internal interface IWordSetting
{
    /// <summary>The words, in the order of the help.</summary>
    IReadOnlyList<string> Words { get; }

    /// <summary>What holds where nothing is chosen, for the help.</summary>
    string Default { get; }

    /// <summary>Chooses what a word stands for.</summary>
    ChosenSetting Choose(string word);
}

/// <summary>A value that has a word.</summary>
/// <param name="values">All values, each with its word.</param>
internal sealed class WordSetting<T>(string name, string help, IReadOnlyList<(string Word, T Value)> values, Func<RunSettings, T> get,
    Func<RunSettings, T, RunSettings> set) : Setting<T>(name, help, get, set), IWordSetting
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Words { get; } = [.. values.Select(value => value.Word)];

    /// <inheritdoc/>
    public string Default { get; init; } = "by preset";

    /// <inheritdoc/>
    public ChosenSetting Choose(string word) => Choose(values.Single(value => value.Word == word).Value);

    private protected override string Describe(T value) => values.Single(one => Equals(one.Value, value)).Word;
}
