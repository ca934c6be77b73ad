using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using CrossModal.Audio;
using CrossModal.Tests.Pipelines;

namespace CrossModal.Tests.Studio;

/// <summary>What the page Play asks of the server: runs of both directions, many of them, and files that are none.</summary>
public sealed class PlayServerTests(TinyRun tiny)
{
    private static readonly string Noise = string.Join(',', new float[TinyRun.NoiseSize]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APictureBecomesASoundAndTheSamePictureTheSameSound()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.BothWaysOf(tiny));
        var first = await Ask(studio, "reverse", "sound", await APicture());
        Assert.Equal(LogMelSpectrogram.Samples * sizeof(float), Convert.FromBase64String((string)first["samples"]!).Length);
        Assert.Equal((int)first["frames"]! * (int)first["mels"]!, Convert.FromBase64String((string)first["levels"]!).Length);
        Assert.Contains((string)first["heard"]!, Training.TinyData.Classes);
        Assert.Contains((string)first["seen"]!, Training.TinyData.Classes);
        Assert.InRange((float)first["score"]!, 0, 1);

        // In turns with the other direction, whose networks stay open beside them.
        var window = MemoryMarshal.AsBytes<float>(Training.TinyData.Tone(1, 0.5, 7)).ToArray();
        Assert.NotNull((await Ask(studio, "whole", "play", window))["drawn"]);
        Assert.Equal((string)first["samples"]!, (string)(await Ask(studio, "reverse", "sound", await APicture()))["samples"]!);
        var opened = await Ask(studio, "whole", "open", []);
        Assert.Equal((64, 64, TinyRun.NoiseSize), ((int)opened["imageSize"]!, (int)opened["codeSize"]!, (int)opened["noiseSize"]!));
    }

    [Fact]
    public async Task MoreRunsThanAreKeptOpenArePlayedInTurns()
    {
        var runs = StudioFixture.RunsOf(tiny);
        string[] names = ["whole", "second", "third", "fourth", "fifth", "sixth"];
        foreach (var name in names[1..])
            StudioFixture.Copy(tiny.Whole.Path, Path.Combine(runs, name));
        await using var studio = await StudioFixture.Open(runs);
        var window = MemoryMarshal.AsBytes<float>(Training.TinyData.Tone(2, 0.5, 7)).ToArray();
        var drawn = new HashSet<string>();
        foreach (var name in names.Concat(names))
            drawn.Add((string)(await Ask(studio, name, "play", window))["drawn"]!["pixels"]!);
        Assert.Single(drawn);
    }

    [Theory]
    [InlineData("reverse", "sound", 0, "the picture: is empty")]
    [InlineData("reverse", "sound", 500, "the picture: is not an image")]
    [InlineData("whole", "sound", -1, "is a run of `train s2i`")]
    [InlineData("reverse", "play", 88200, "is a run of `train i2s`")]
    [InlineData("reverse", "open", 0, "is a run of `train i2s`")]
    public async Task WhatCannotBePlayedIsASentence(string run, string what, int bytes, string sentence)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.BothWaysOf(tiny));
        var body = bytes < 0 ? await APicture() : new byte[bytes];
        MemoryMarshal.Cast<byte, float>(body.AsSpan(0, bytes < 0 ? 0 : bytes / 4 * 4)).Fill(0.1f);
        using var answer = await Post(studio, run, what, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(sentence, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["error"]!,
            StringComparison.Ordinal);
        await studio.Get("/api/runs");
    }

    /// <summary>For browsers that cannot: the samples of a file, or a sentence that names no file of the server's.</summary>
    [Fact]
    public async Task AFileThatTheBrowserCannotDecodeIsDecoded()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        var file = Path.Combine(AppContext.BaseDirectory, "Cases", "tone.mp3");
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(file, Cancel));
        using var answer = await studio.Client.PostAsync(new Uri("/api/sounds", UriKind.Relative), content, Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(AudioClip.Load(file).Samples,
            MemoryMarshal.Cast<byte, float>(await answer.Content.ReadAsByteArrayAsync(Cancel)).ToArray());

        using var text = new StringContent("this is no sound, whatever somebody calls it");
        using var refused = await studio.Client.PostAsync(new Uri("/api/sounds", UriKind.Relative), text, Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.StartsWith("the file: is no sound file",
            (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel))!["error"]!, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Path.GetTempPath(), "crossmodal-upload-*"));
    }

    private Task<byte[]> APicture() => File.ReadAllBytesAsync(
        Directory.GetFiles(Path.Combine(tiny.Data, "img"), "*.png", SearchOption.AllDirectories).Order().First(), Cancel);

    private static async Task<JsonNode> Ask(StudioFixture studio, string run, string what, byte[] body)
    {
        using var answer = await Post(studio, run, what, body);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<HttpResponseMessage> Post(StudioFixture studio, string run, string what, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        return await studio.Client.PostAsync(new Uri($"/api/runs/{run}/{what}?noise={Noise}", UriKind.Relative), content, Cancel);
    }
}
