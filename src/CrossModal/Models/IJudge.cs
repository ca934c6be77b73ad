using CrossModal.Tensors;

namespace CrossModal.Models;

/// <summary>A classifier, trained apart from the encoders, that says what was made.</summary>
internal interface IJudge
{
    /// <summary>Whether dropout drops; a judge is asked with it off.</summary>
    bool Training { get; set; }

    /// <summary>
    /// Samples as the generator makes them, [batch, size, size, channels], to class logits [batch, classes] and the 128 features [batch,
    /// 128] that distances are measured on.
    /// </summary>
    (Tensor Logits, Tensor Features) Examine(Tensor samples);
}
