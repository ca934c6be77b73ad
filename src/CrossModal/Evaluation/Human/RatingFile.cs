using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CrossModal.Kernels;

namespace CrossModal.Evaluation.Human;

/// <summary>Reads the JSON files of an evaluation by people; whatever is wrong with one is one line that names it.</summary>
internal static class RatingFile
{
    /// <summary>Far more than any key or answers have.</summary>
    private const long LargestBytes = 64L << 20;

    /// <param name="what">What the file should be, as in "is no …".</param>
    /// <param name="remedy">What to do about it.</param>
    /// <exception cref="BadInputException">The file is missing, cannot be read, or is not such a file.</exception>
    public static T Read<T>(string path, JsonTypeInfo<T> type, string what, string remedy)
        where T : class
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > LargestBytes)
                throw new BadInputException($"{path}: has {length >> 20} MiB and is no {what}; {remedy}");
            return JsonSerializer.Deserialize(File.ReadAllText(path), type)
                ?? throw new BadInputException($"{path}: is no {what}; {remedy}");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: no such file; {remedy}", error);
        }
        catch (JsonException error)
        {
            var reason = IsSyntax(error) ? "is not JSON, or is cut short"
                : error.Path is { Length: > 1 } place ? $"has something else at {place} than a {what} has"
                : $"is no {what}";
            throw new BadInputException($"{path}: {reason}; {remedy}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"{path}: cannot be read ({error.Message.TrimEnd('.')}); check the file and its permissions", error);
        }
    }

    /// <summary>The reader reports broken syntax through an exception of its own inside.</summary>
    private static bool IsSyntax(JsonException error) => error.InnerException is JsonException;
}
