using System.Buffers;

namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// package = netstring( … ): finds the ends of packages in a stream, whatever the pieces it arrives in, and copies each
/// octet once, to the batch.
/// </summary>
internal sealed class PackageReader(FramingLimits limits) : IPackageReader
{
    private enum Place
    {
        Prefix,
        Payload,
        Terminator,
        Broken,
    }

    private Place _place;
    private int _digits;
    private bool _leadingZero;
    private long _length;
    private long _remaining;
    private bool _skips;

    public long Offset { get; private set; }

    public bool InPackage => _place != Place.Prefix || _digits > 0;

    public long DeclaredLength => _length;

    public string? Error { get; private set; }

    public PackageStatus Read(ref SequenceReader<byte> input, IBufferWriter<byte> packages, bool wholeOnly)
    {
        if (_place == Place.Broken)
        {
            return PackageStatus.Malformed;
        }

        if (!InPackage)
        {
            if (TryReadWithinSpan(ref input, packages))
            {
                return PackageStatus.Complete;
            }

            if (wholeOnly && EndsBeforePackageDoes(input))
            {
                return PackageStatus.NeedMore;
            }
        }

        var before = input.Consumed;
        var status = ReadPieces(ref input, packages);
        Offset += input.Consumed - before;
        return status;
    }

    /// <summary>The usual case: the package lies whole in the piece at hand. One look at its frame, one copy.</summary>
    private bool TryReadWithinSpan(ref SequenceReader<byte> input, IBufferWriter<byte> packages)
    {
        var rest = input.UnreadSpan;
        var all = rest;
        if (!Netstring.TryTake(ref rest, out var content) || content.Length > limits.MaxPackageBytes)
        {
            return false;
        }

        var size = all.Length - rest.Length;
        _length = content.Length;
        packages.Write(all[..size]);
        input.Advance(size);
        Offset += size;
        return true;
    }

    /// <summary>Whether the input ends inside the package it starts with. A fault in the prefix, or a package to be skipped, counts as no.</summary>
    private bool EndsBeforePackageDoes(SequenceReader<byte> input)
    {
        long length = 0;
        for (var digits = 0; digits <= Netstring.MaxDigits; digits++)
        {
            if (!input.TryRead(out var octet))
            {
                return true;
            }

            if (!Netstring.IsDigit(octet))
            {
                return octet == ':' && digits > 0 && length <= limits.MaxPackageBytes && input.Remaining <= length;
            }

            length = (length * 10) + (octet - '0');
        }

        return false;
    }

    private PackageStatus ReadPieces(ref SequenceReader<byte> input, IBufferWriter<byte> packages)
    {
        while (true)
        {
            switch (_place)
            {
                case Place.Prefix:
                    if (!input.TryRead(out var octet))
                    {
                        return PackageStatus.NeedMore;
                    }

                    if (octet == ':' && _digits > 0)
                    {
                        StartPayload(packages);
                    }
                    else if (!TryTakeDigit(octet))
                    {
                        return PackageStatus.Malformed;
                    }

                    break;

                case Place.Payload:
                    var piece = input.UnreadSpan;
                    if (piece.Length > _remaining)
                    {
                        piece = piece[..(int)_remaining];
                    }

                    if (!_skips)
                    {
                        packages.Write(piece);
                    }

                    input.Advance(piece.Length);
                    _remaining -= piece.Length;
                    if (_remaining > 0)
                    {
                        if (input.End)
                        {
                            return PackageStatus.NeedMore;
                        }
                    }
                    else
                    {
                        _place = Place.Terminator;
                    }

                    break;

                case Place.Terminator:
                    if (!input.TryRead(out octet))
                    {
                        return PackageStatus.NeedMore;
                    }

                    if (octet != ',')
                    {
                        return Break($"no ',' behind {_length} octets of package");
                    }

                    return EndPackage(packages);

                default:
                    return PackageStatus.Malformed;
            }
        }
    }

    private bool TryTakeDigit(byte octet)
    {
        if (!Netstring.IsDigit(octet))
        {
            Break(_digits == 0 ? $"expected a length, found {Show(octet)}" : $"expected a digit or ':', found {Show(octet)}");
            return false;
        }

        if (_leadingZero)
        {
            Break("length with a leading zero");
            return false;
        }

        if (_digits == Netstring.MaxDigits)
        {
            Break($"length of more than {Netstring.MaxDigits} digits");
            return false;
        }

        if (_digits == 0)
        {
            _length = 0;
            _leadingZero = octet == '0';
        }

        _length = (_length * 10) + (octet - '0');
        _digits++;
        return true;
    }

    private void StartPayload(IBufferWriter<byte> packages)
    {
        _remaining = _length;
        _place = _remaining == 0 ? Place.Terminator : Place.Payload;
        _skips = _length > limits.MaxPackageBytes;
        if (!_skips)
        {
            // Without leading zeros a number has one spelling: this is the prefix as it came.
            Netstring.WritePrefix(packages, _length);
        }
    }

    private PackageStatus EndPackage(IBufferWriter<byte> packages)
    {
        var skipped = _skips;
        if (!skipped)
        {
            packages.Write(","u8);
        }

        _place = Place.Prefix;
        _digits = 0;
        _leadingZero = false;
        _skips = false;
        return skipped ? PackageStatus.TooLong : PackageStatus.Complete;
    }

    private PackageStatus Break(string error)
    {
        _place = Place.Broken;
        Error = error;
        return PackageStatus.Malformed;
    }

    private static string Show(byte octet) => octet is > 0x20 and < 0x7f ? $"'{(char)octet}'" : $"octet 0x{octet:x2}";
}
