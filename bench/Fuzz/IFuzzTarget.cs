namespace EcStreamOrleans.Fuzz;

/// <summary>A reader that must bear any input.</summary>
public interface IFuzzTarget
{
    string Name { get; }

    /// <summary>An input that is nearly right: noise alone does not reach far.</summary>
    byte[] Generate(Random random);

    /// <summary>Reads the input, which decides everything; throws, if something is not as it must be.</summary>
    void Check(byte[] input);
}

/// <summary>Something that must hold does not.</summary>
public sealed class FuzzException(string message) : Exception(message)
{
    public static void ThrowUnless(bool holds, string message)
    {
        if (!holds)
        {
            throw new FuzzException(message);
        }
    }
}
