using System.Text.Json.Nodes;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Tests.Evaluation.Human;
using CrossModal.Tests.Pipelines;
using static CrossModal.Tests.Studio.StudioBrowser;

namespace CrossModal.Tests.Studio;

/// <summary>The page Play in a real browser. Skipped where no Chromium is on the PATH.</summary>
public sealed class PlayPageTests(TinyRun tiny)
{
    /// <summary>A folder of runs to look at and to measure in place of the tiny one, for whoever works on the page.</summary>
    private static readonly string? OtherRuns = Environment.GetEnvironmentVariable("CROSSMODAL_STUDIO_RUNS");

    /// <summary>Networks are loaded, and sounds are made in hundreds of transforms.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const string Frames = "document.querySelectorAll('.filmstrip canvas').length";
    private const string TwentyFrames =
        "new Promise(done => { let frames = 0; (function wait() { frames++ > 20 ? done() : requestAnimationFrame(wait); })(); })";
    private const string Picture = "document.querySelector('canvas.picture').toDataURL()";

    [Fact]
    public async Task ThePageIsAccessibleFitsItsWidthAndComplainsOfNothing()
    {
        await using var studio = await StudioFixture.Open(Runs());
        await IsAccessibleInAllViews(studio, "play", "Play", "document.querySelectorAll('.keys button').length > 20");
    }

    /// <summary>The same with everything on it that a user can bring about.</summary>
    [Fact]
    public async Task AFullPageIsAccessibleInBothThemes()
    {
        await using var studio = await StudioFixture.Open(Runs());
        await using var browser = await OpenPlay(studio);
        await Click(browser, "Another player");
        await Click(browser, "Play a song");
        await browser.Until($"{Frames} === 16");
        await Click(browser, "Keep as A");
        await Click(browser, "Another player");
        await Click(browser, "Stop");
        await browser.Press("d");
        await browser.Until("document.querySelectorAll('.ends canvas')[0].width === 64");
        await Click(browser, "Keep as B");
        await Click(browser, "Use the picture above");
        await browser.Until("document.querySelector('.given').width === 128", Patience);
        foreach (var (width, dark) in new[] { (1280, false), (1280, true), (390, false), (390, true) })
        {
            await browser.Resize(width, width == 390 ? 4200 : 1900, dark);
            await browser.Until("document.documentElement.scrollWidth <= innerWidth");
            await Shoot(browser, $"play-full-{width}-{(dark ? "dark" : "light")}");
            Assert.Equal("[]", await Violations(browser));
        }

        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task AKeyOfTheKeyboardSoundsAndItsPlayerAppears()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        Assert.Equal("true", await browser.Evaluate("String(document.querySelector('button[disabled]') !== null)"));
        await browser.Press("d");
        await browser.Until("document.querySelector('canvas.picture').width === 64");
        await browser.Until($"{Frames} > 3");
        Assert.Contains("the judge sees", await Said(browser), StringComparison.Ordinal);
        Assert.EndsWith(" %", await browser.Evaluate("document.querySelector('.filmstrip figcaption').textContent"),
            StringComparison.Ordinal);

        // The noise changes the picture while nothing sounds.
        await Click(browser, "Stop");
        var before = await browser.Evaluate(Picture);
        await Slide(browser, ".sliders input", "3", $"{Picture} !== '{before}'");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task APlayerIsKeptAndASoundIsHeldOnlyWhereThatIsAsked()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        const string Sliders = "[...document.querySelectorAll('.sliders input')].map(one => one.value).join()";
        var middle = await browser.Evaluate(Sliders);
        Assert.Equal(string.Join(',', new int[TinyRun.NoiseSize]), middle);
        await Click(browser, "Play a song");
        await browser.Until($"{Frames} > 2");
        Assert.Equal(middle, await browser.Evaluate(Sliders));

        // While the sound is held, the song goes on and the picture stays; a slider still moves it.
        await browser.Evaluate("document.querySelectorAll('.lock input')[1].click()");
        await browser.Evaluate(TwentyFrames);
        var held = await browser.Evaluate(Picture);
        await browser.Evaluate(TwentyFrames);
        Assert.Equal(held, await browser.Evaluate(Picture));
        await Slide(browser, ".sliders input", "-3", $"{Picture} !== '{held}'");
        await browser.Evaluate("document.querySelectorAll('.lock input')[1].click()");

        // A player that is not kept goes with the next sound.
        await browser.Evaluate("document.querySelectorAll('.lock input')[0].click()");
        var before = await browser.Evaluate(Sliders);
        await browser.Press("a");
        await browser.Until($"{Sliders} !== '{before}'");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task SoundAndPlayerGoFromOnePictureToTheOtherTogetherOrAlone()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        await browser.Press("a");
        await browser.Until($"{Frames} > 1");
        await Click(browser, "Stop");
        await Click(browser, "Keep as A");
        var a = await browser.Evaluate(Picture);
        Assert.Equal("true", await browser.Evaluate("String(document.querySelector('.between input').disabled)"));
        await Click(browser, "Another player");
        await browser.Until($"{Picture} !== '{a}'");
        await Click(browser, "Keep as B");
        var b = await browser.Evaluate(Picture);

        // Both have the same sound: along the sound alone stands A, along the player stands B at the end.
        await Choose(browser, ".between select", "sound");
        await Slide(browser, ".between input", "1", $"{Picture} === '{a}'");
        await Choose(browser, ".between select", "player");
        await Slide(browser, ".between input", "1", $"{Picture} === '{b}'");
        await Slide(browser, ".between input", "0", $"{Picture} === '{a}'");
        await Choose(browser, ".between select", "both");
        await Click(browser, "Back and forth");
        await browser.Until($"{Picture} !== '{a}' && {Picture} !== '{b}'");
        await Click(browser, "Back and forth");
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData("[1, 0], [0, 1], 0.5", 0.70711, 0.70711)]
    [InlineData("[2, 0], [0, 4], 0.5", 1.41421, 2.82843)]
    [InlineData("[0, 0], [0, 4], 0.25", 0, 1)]
    [InlineData("[1, 1], [1, 1], 0.3", 1, 1)]
    [InlineData("[1, 0], [-1, 0], 0.25", 0.5, 0)]
    public async Task TheWayIsAGreatCircleOrStraightWhereThereIsNone(string arguments, double x, double y)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        var found = JsonNode.Parse(await browser.Evaluate(
            $"import('./play/between.js').then(module => JSON.stringify(module.between({arguments})))"))!.AsArray();
        Assert.Equal([x, y], found.Select(value => Math.Round((double)value!, 5)));
    }

    [Fact]
    public async Task PictureStripAndVideoAreSaved()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        await Click(browser, "Play a song");
        await browser.Until($"{Frames} === 16");
        await Click(browser, "Save the picture");
        await Click(browser, "Save the strip");
        Assert.Equal((64, 64), ImageFile.ReadSize(await Saved(studio, "player.png")));
        Assert.Equal((16 * 128, 150), ImageFile.ReadSize(await Saved(studio, "strip.png")));
        await Click(browser, "Record a video");
        var drawn = await browser.Evaluate("import('./play/timing.js').then(module => module.timings.length)");
        await browser.Until(
            $"import('./play/timing.js').then(module => window.drawn = module.timings.length) && window.drawn > {drawn} + 10");
        await Click(browser, "Stop and save the video");
        var video = await File.ReadAllBytesAsync(await Saved(studio, "player.webm"), TestContext.Current.CancellationToken);

        // EBML, with a track of pictures and one of sound.
        Assert.Equal([0x1A, 0x45, 0xDF, 0xA3], video[..4]);
        Assert.True(video.AsSpan().IndexOf("A_OPUS"u8) > 0 && video.AsSpan().IndexOf("V_VP"u8) > 0);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task WithoutARecorderOfVideosThePageSaysWhatElseThereIs()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        await browser.Evaluate("delete window.MediaRecorder; 0");
        await browser.Press("a");
        await browser.Until($"{Frames} > 1");
        await Click(browser, "Record a video");
        await Says(browser, "generate s2i --output song.mp4");
    }

    [Fact]
    public async Task APictureIsHeardAndItsSoundDrawnAgain()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.BothWaysOf(tiny));
        await using var browser = await OpenPlay(studio);
        await browser.Press("d");
        await browser.Until($"{Frames} > 2");
        await Click(browser, "Stop");
        await browser.Evaluate("document.querySelector('.filmstrip').replaceChildren()");
        await Click(browser, "Use the picture above");
        await browser.Until("document.querySelector('.given').width === 128", Patience);
        await browser.Until("[...document.querySelectorAll('dt')].some(one => one.textContent === 'the judge hears')");

        // The sound is half a second long, and is drawn while it sounds: from picture to sound to picture.
        await browser.Until($"{Frames} >= 1", Patience);
        await Click(browser, "Save as WAV");
        var sound = AudioClip.Load(await Saved(studio, "sound.wav"));
        Assert.Equal((LogMelSpectrogram.Samples, 44100), (sound.Samples.Length, sound.SampleRate));
        Assert.Contains(sound.Samples, sample => Math.Abs(sample) > 0.001);
        await browser.Evaluate("document.querySelector('.filmstrip').replaceChildren()");
        await Click(browser, "Another sound of it");
        await browser.Until($"{Frames} >= 1", Patience);
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task ARunThatMakesSoundsAloneHasItsPartOfThePage()
    {
        var runs = StudioFixture.BothWaysOf(tiny);
        Directory.Delete(Path.Combine(runs, "whole"), recursive: true);
        await using var studio = await StudioFixture.Open(runs);
        await using var browser = await Open(studio, "play");
        await browser.Until("document.querySelector('code')?.textContent.includes('train s2i')");
        var picture = Convert.ToBase64String(await File.ReadAllBytesAsync(
            Directory.GetFiles(Path.Combine(tiny.Data, "img"), "*.png", SearchOption.AllDirectories)[0],
            TestContext.Current.CancellationToken));
        await Give(browser, "image/*", "player.png", $"Uint8Array.from(atob('{picture}'), letter => letter.charCodeAt(0))");
        await browser.Until("document.querySelector('.given').width === 128", Patience);
        Assert.Contains("the judge hears", await Said(browser), StringComparison.Ordinal);
        Assert.Empty(browser.Complaints);
    }

    [Theory]
    [InlineData("audio/*,video/*", "notes.txt", "'no sound'", "notes.txt is no sound")]
    [InlineData("audio/*,video/*", "empty.wav", "''", "empty.wav is empty")]
    [InlineData("audio/*,video/*", "silent.wav", "wav(new Float32Array(30000))", "silent.wav is silent")]
    [InlineData("audio/*,video/*", "huge.wav", "{ name: 'huge.wav', size: 2 ** 30 }", "huge.wav has more than 64 MB; give a shorter piece")]
    [InlineData("image/*", "notes.png", "'no picture'", "is not an image")]
    [InlineData("image/*", "empty.png", "''", "empty.png is empty")]
    [InlineData("image/*", "huge.png", "{ name: 'huge.png', size: 2 ** 30 }", "huge.png has more than 32 MB; make it smaller")]
    [InlineData("image/*", "claims.png", "claim(60000)", "claims 60000 × 60000 pixels")]
    public async Task WhatIsNoSoundOrPictureIsASentenceOnThePage(string kind, string name, string contents, string sentence)
    {
        await using var studio = await StudioFixture.Open(StudioFixture.BothWaysOf(tiny));
        await using var browser = await OpenPlay(studio);

        // A PNG whose header claims so many pixels in a row, and rows.
        await browser.Evaluate("""
            import('./play/files.js').then(files => { window.wav = samples => files.wavOf(samples);
            window.claim = side => { const head = [137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, side >> 8,
                side & 255, 0, 0, side >> 8, side & 255, 8, 2, 0, 0, 0]; let crc = -1;
                for (const byte of head.slice(12)) { crc ^= byte;
                    for (let i = 0; i < 8; i++) crc = crc & 1 ? crc >>> 1 ^ 0xEDB88320 : crc >>> 1; }
                crc = ~crc; return new Uint8Array([...head, crc >>> 24, crc >>> 16 & 255, crc >>> 8 & 255, crc & 255,
                0, 0, 0, 64, 73, 68, 65, 84, ...new Array(64).fill(0)]); };
            })
            """);
        await Give(browser, kind, name, contents);
        await Says(browser, sentence);

        // The page goes on.
        await browser.Press("d");
        await browser.Until($"{Frames} > 1");
    }

    [Fact]
    public async Task TheMicrophoneIsHeardAndLetGoWhenThePageIsLeft()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var browser = await OpenPlay(studio);
        await browser.Evaluate("""
            (() => { const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); window.tracks = [];
            navigator.mediaDevices.getUserMedia = async wanted => { await window.late; const stream = await ask(wanted);
            tracks.push(...stream.getTracks()); return stream; }; })()
            """);
        await Click(browser, "Listen to the microphone");

        // Chromium's fake device beeps once a second.
        await browser.Until($"{Frames} > 2");
        Assert.Equal("live", await browser.Evaluate("tracks[0].readyState"));
        await browser.Evaluate("location.hash = 'runs'");
        await browser.Until("tracks[0].readyState === 'ended'");

        // Allowed only when the page was left already.
        await browser.Evaluate("window.late = new Promise(come => window.come = come); location.hash = 'play'");
        await browser.Until("document.querySelector('.keys button')");
        await Click(browser, "Listen to the microphone");
        await browser.Evaluate("location.hash = 'runs'");
        await browser.Until("document.querySelector('h1').textContent === 'Runs'");
        await browser.Evaluate("come()");
        await browser.Until("tracks.length === 2 && tracks[1].readyState === 'ended'");
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task TwoBrowsersPlayAtOnceAndAReloadInTheMiddleDoesNotDisturb()
    {
        await using var studio = await StudioFixture.Open(StudioFixture.RunsOf(tiny));
        await using var one = await OpenPlay(studio);
        await using var other = await OpenPlay(studio);
        await Click(one, "Play a song");
        await Click(other, "Play a song");
        await one.Until($"{Frames} > 4");
        await other.Until($"{Frames} > 4");
        await one.Evaluate("location.reload()");
        await one.Until($"document.readyState === 'complete' && document.querySelector('.keys button') && {Frames} === 0");
        await Click(one, "Play a song");
        await one.Until($"{Frames} > 4");
        await other.Until($"{Frames} === 16");
        Assert.Empty(other.Complaints);
    }

    /// <summary>
    /// A song from its beginning to its end: how long a picture takes from the request to the frame that shows it, and how many there are
    /// in a second. The bounds are those of a busy machine; what is measured is written to the test's output.
    /// </summary>
    [Fact]
    public async Task AWholeSongIsFollowedByManyPicturesASecond()
    {
        await using var studio = await StudioFixture.Open(Runs());
        await using var browser = await OpenPlay(studio);
        await Click(browser, "Play a song");

        // Not asked again and again, which would take time from the page.
        await browser.Evaluate("""
            new Promise(done => { const stop = [...document.querySelectorAll('button')].find(button => button.textContent === 'Stop');
            let began = !stop.disabled; new MutationObserver(() => { if (began && stop.disabled) done(); began ||= !stop.disabled; })
                .observe(stop, { attributes: true }); })
            """);
        var measured = JsonNode.Parse(await browser.Evaluate("""
            import('./play/timing.js').then(({ timings }) => {
            const spread = of => { const times = timings.map(of).sort((a, b) => a - b);
                const at = share => times[Math.floor(share * (times.length - 1))];
                return { median: at(.5), p95: at(.95), p99: at(.99), most: at(1) }; };
            const seconds = (timings.at(-1).shown - timings[0].shown) / 1000;
            const gaps = timings.slice(1).map((one, i) => one.shown - timings[i].shown);
            return JSON.stringify({ pictures: timings.length, seconds, pictures_a_second: (timings.length - 1) / seconds,
                longest_gap_ms: Math.max(...gaps), networks_ms: spread(one => one.networks),
                answered_ms: spread(one => one.answered - one.asked),
                shown_ms: spread(one => one.shown - one.asked) }); })
            """))!;
        TestContext.Current.TestOutputHelper!.WriteLine(measured.ToJsonString());
        if (Environment.GetEnvironmentVariable("CROSSMODAL_PLAY_TIMES") is { } file)
            await File.WriteAllTextAsync(file, measured.ToJsonString() + "\n", TestContext.Current.CancellationToken);
        Assert.InRange((double)measured["seconds"]!, 5, 15);
        Assert.InRange((double)measured["pictures_a_second"]!, 2, 62);
        Assert.InRange((double)measured["shown_ms"]!["median"]!, 0, 500);
        Assert.Empty(browser.Complaints);
    }

    private string Runs()
    {
        if (OtherRuns is null)
            return StudioFixture.BothWaysOf(tiny);
        var runs = Path.Combine(Directory.CreateTempSubdirectory("crossmodal-studio-").FullName, "runs");
        StudioFixture.Copy(OtherRuns, runs);
        return runs;
    }

    private static async Task<Chromium> OpenPlay(StudioFixture studio)
    {
        var browser = await Open(studio, "play");
        await browser.Until(
            "document.querySelector('.keys button') && document.querySelector('.played').textContent.includes('Nothing has sounded')",
            Patience);
        return browser;
    }

    private static Task<string> Said(Chromium browser) => browser.Evaluate("document.querySelector('dl.facts').textContent");

    private static Task Says(Chromium browser, string sentence) => browser.Until(
        $"!document.getElementById('notice').hidden && document.getElementById('notice').textContent.includes('{sentence}')");

    /// <summary>Moves a slider until something is true: a request that is on its way when it moves takes the place of this one.</summary>
    private static Task Slide(Chromium browser, string slider, string value, string until) => browser.Until($$"""
        (() => { const slider = document.querySelector('{{slider}}'); slider.value = '{{value}}'; slider.dispatchEvent(new Event('input'));
        return {{until}}; })()
        """);

    private static Task<string> Choose(Chromium browser, string select, string value) => browser.Evaluate(
        $"(() => {{ const one = document.querySelector('{select}'); one.value = '{value}'; one.dispatchEvent(new Event('change')); }})()");

    /// <summary>Gives the page a file, as if a user had chosen it; one that has a size in place of contents is not made.</summary>
    private static Task<string> Give(Chromium browser, string kind, string name, string contents) => browser.Evaluate($$"""
        (() => { const input = document.querySelector('input[type=file][accept="{{kind}}"]'), contents = {{contents}};
        if (contents.size > 2 ** 29) Object.defineProperty(input, 'files', { value: [contents] });
        else { const files = new DataTransfer(); files.items.add(new File([contents], '{{name}}')); input.files = files.files; }
        input.dispatchEvent(new Event('change')); })()
        """);

    /// <summary>Where a file is that the page saved, once it is whole.</summary>
    private static async Task<string> Saved(StudioFixture studio, string name)
    {
        var path = Path.Combine(studio.Runs, name);
        for (var attempt = 0; !File.Exists(path); attempt++)
        {
            Assert.True(attempt < 500, $"{name} was not saved");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        return path;
    }
}
