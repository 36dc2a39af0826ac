function [frequencies, amplitudes] = spectrum(signal, rate)
% SPECTRUM  Amplitudes of a real signal, one-sided.
%   [F, A] = SPECTRUM(X, R) returns the frequencies F in Hz.
    if nargin < 2
        rate = 44100;
    end
    n = numel(signal);
    window = 0.5 * (1 - cos(2 * pi * (0:n-1)' / (n - 1)));
    transformed = fft(signal(:) .* window);
    half = floor(n / 2) + 1;
    amplitudes = 2 * abs(transformed(1:half)) / sum(window);
    frequencies = (0:half-1)' * rate / n;

    figure;
    plot(frequencies, 20 * log10(amplitudes + eps));
    xlabel('frequency (Hz)');
    ylabel('level (dB)');
    title(sprintf('%d samples', n));
    grid on;
end
