using System.CommandLine;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary>An option for each setting that a kind of run has.</summary>
internal sealed class SettingOptions
{
    private readonly List<(Option Option, Func<ParseResult, ChosenSetting?> Read)> _options = [];

    public SettingOptions(RunKind kind)
    {
        foreach (var setting in SettingList.All.Where(setting => setting.AppliesTo(kind)))
        {
            if (setting is NumberSetting number)
            {
                var option = Options.Number($"--{number.Name}", number.Help, number.Range.Least, number.Range.Most);
                _options.Add((option, parsed => parsed.GetValue(option) is { } value ? number.Choose(value) : null));
            }
            else
            {
                var words = (IWordSetting)setting;
                var option = Options.Choice($"--{setting.Name}", setting.Help, words.Default, words.Words);
                _options.Add((option, parsed => Options.Given(parsed, option) is { } word ? words.Choose(word) : null));
            }
        }
    }

    public void AddTo(Command command)
    {
        foreach (var (option, _) in _options)
            command.Options.Add(option);
    }

    /// <summary>What the user has chosen.</summary>
    public IReadOnlyList<ChosenSetting> Read(ParseResult parsed) =>
        [.. _options.Select(option => option.Read(parsed)).OfType<ChosenSetting>()];
}
