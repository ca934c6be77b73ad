using CrossModal.Kernels;

namespace CrossModal;

/// <summary>A setting has a value that cannot be.</summary>
/// <param name="setting">The setting's name; the command line has an option of that name.</param>
/// <param name="message">The value, what is wrong with it, and what to do.</param>
internal class SettingException(string setting, string message) : BadInputException(message)
{
    public string Setting => setting;
}
