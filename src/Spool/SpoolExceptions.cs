namespace EcStreamOrleans.Spool;

/// <summary>The disk has no room for a write.</summary>
public sealed class SpoolDiskFullException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What the system said.</param>
    /// <param name="innerException">The system's own exception, if there is one.</param>
    public SpoolDiskFullException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A record cannot be read back as it was written, or is no longer in the spool.</summary>
public sealed class SpoolDataException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which record, and what is wrong with it.</param>
    public SpoolDataException(string message)
        : base(message)
    {
    }
}
