using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Evaluation.Human;

/// <summary>
/// SHA-256 over what a file says, a line a fact, whatever its layout as JSON: a slip of an editor is found, and a program that reformats
/// the file does no harm. It is no signature: who wants to cheat can compute it.
/// </summary>
internal static class RatingChecksum
{
    /// <summary>
    /// 64 hexadecimal digits of the lines joined by line feeds, as UTF-8. The page computes the same (<c>checksum</c> in rating-page.html).
    /// </summary>
    public static string Of(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
}
