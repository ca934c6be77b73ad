namespace CrossModal.Audio;

/// <summary>A format that sounds come in. It is told by the first bytes of a file, whatever its name.</summary>
/// <param name="Name">For messages: "FLAC file".</param>
/// <param name="Demuxer">What the program ffmpeg calls it.</param>
internal sealed record SoundFormat(string Name, string Demuxer)
{
    /// <summary>First bytes that tell the formats.</summary>
    public const int HeadBytes = 192;

    /// <summary>Extensions that files of sounds have, videos among them.</summary>
    public static readonly string[] Extensions =
    [
        ".wav", ".mp3", ".ogg", ".oga", ".flac", ".m4a", ".aac", ".opus", ".aif", ".aiff", ".wma", .. VideoExtensions,
    ];

    public static SoundFormat Wav { get; } = new("WAV file", "wav");

    public static SoundFormat Mp3 { get; } = new("MP3 file", "mp3");

    /// <summary>With Vorbis in it, or Opus, FLAC, Speex.</summary>
    public static SoundFormat Ogg { get; } = new("Ogg file", "ogg");

    public static SoundFormat Flac { get; } = new("FLAC file", "flac");

    private static readonly SoundFormat Aac = new("AAC file", "aac"), Aiff = new("AIFF file", "aiff"), Au = new("AU file", "au"),
        Caf = new("CAF file", "caf"), Mov = new("MP4 or QuickTime file", "mov"), Matroska = new("Matroska or WebM file", "matroska"),
        Avi = new("AVI file", "avi"), Asf = new("WMA or WMV file", "asf"), Flv = new("FLV file", "flv"),
        ProgramStream = new("MPEG file", "mpeg"), TransportStream = new("MPEG transport stream", "mpegts");

    /// <summary>Those of videos.</summary>
    public static string[] VideoExtensions => [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv"];

    /// <summary>The formats that are read without ffmpeg, and then those of which it alone knows, for messages.</summary>
    public static string Known => "WAV, MP3 and Ogg Vorbis, and with ffmpeg FLAC, M4A, Opus and videos";

    /// <summary>The format that a file begins as; null for none of these.</summary>
    /// <param name="head">Its first <see cref="HeadBytes"/> bytes, or all of them.</param>
    public static SoundFormat? Of(ReadOnlySpan<byte> head)
    {
        if (head.Length < 12)
            return null;
        if (head.StartsWith("RIFF"u8))
            return head[8..].StartsWith("AVI "u8) ? Avi : Wav;
        if (head.StartsWith("RF64"u8) || head.StartsWith("BW64"u8) || head.StartsWith("RIFX"u8))
            return Wav;
        if (head.StartsWith("ID3"u8))
            return Mp3;
        if (head[0] == 0xFF && (head[1] & 0xE0) == 0xE0)
            return (head[1] & 6) != 0 ? Mp3 : (head[1] & 0xF0) == 0xF0 ? Aac : null;
        if (head.StartsWith("OggS"u8))
            return Ogg;
        if (head.StartsWith("fLaC"u8))
            return Flac;
        if (head.StartsWith("FORM"u8) && head[8..].StartsWith("AIF"u8))
            return Aiff;
        if (head.StartsWith(".snd"u8))
            return Au;
        if (head.StartsWith("caff"u8))
            return Caf;
        if (head[4..].StartsWith("ftyp"u8) || head[4..].StartsWith("moov"u8) || head[4..].StartsWith("mdat"u8)
            || head[4..].StartsWith("wide"u8))
            return Mov;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1A, 0x45, 0xDF, 0xA3]))
            return Matroska;
        if (head.StartsWith((ReadOnlySpan<byte>)[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]))
            return Asf;
        if (head.StartsWith("FLV\u0001"u8))
            return Flv;
        if (head.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xBA]))
            return ProgramStream;

        // Packets of 188 bytes, each of which begins with this one.
        return head is [0x47, ..] && head.Length > 188 && head[188] == 0x47 ? TransportStream : null;
    }
}
